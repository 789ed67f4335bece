"""What an Excel workbook must be before a library opens it: a plain zip of plain XML, of the size it says.

Owns: number and size of parts, unpacked size and ratio, names, and what no feed needs (macros, links to other files,
document types). Every part is unpacked once, in pieces, and compared with what the zip says of it; any other surprise
is a refusal too. Called by `indexer.sources.files`. Source: ECMA-376 part 2, APPNOTE.TXT of the zip format.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from city.errors import FeedRefused

DOCTYPE = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
MOST_PARTS = 200
LARGEST_UNPACKED = 50 * 1024 * 1024
LARGEST_RATIO = 100
SMALLEST_BOMB = 1024 * 1024
"""Below this unpacked size any compression is harmless."""
MOST_CELLS = 500_000
MOST_ROWS = 200_000
PIECE = 256 * 1024
ENCRYPTED = 0x1
LOCAL_HEADER = 30
PART = b"PK\x01\x02"
"""How each entry of a zip's list begins; counted before the list is read, which takes long when it is long."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UNWANTED = {
    "vbaproject": "macros",
    "macrosheets/": "macros",
    "activex/": "controls",
    "externallinks/": "links to other files",
    "connections.xml": "links to other data",
    "embeddings/": "other files inside",
}
CELL = re.compile(rb"<(?:\w{1,20}:)?(?:c|si)[\s/>]")
ROW = re.compile(rb"<(?:\w{1,20}:)?row[\s][^<>]{0,200}?\br=[\"'](\d{6,9})")
"""A row that names a far place: the library would make up all the rows before it."""
OVERLAP = 256
"""Bytes of a piece that are looked at again with the next, so that nothing hides on the border."""


def refuse_hostile(content: bytes, path: Path) -> None:
    """Raise FeedRefused unless the bytes of a file are a workbook that can be opened safely."""
    if content.count(PART) > MOST_PARTS:
        raise _refused(path, f"has more than {MOST_PARTS} parts")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _Workbook(path, content, archive.infolist()).check()
    except FeedRefused:
        raise
    except Exception as broken:  # the library raises many kinds on damaged files; each means the same
        raise _refused(path, f"is not a whole Excel workbook ({broken})") from broken


def _refused(path: Path, what: str, part: str = "") -> FeedRefused:
    where = f": part {part[:100]!r}" if part else ""
    message = "".join(letter if letter.isprintable() else " " for letter in f"{path.name}{where} {what}.")
    return FeedRefused(message, file=str(path), remedy="a workbook saved as .xlsx without macros and links")


class _Workbook:
    """One workbook's parts as the zip lists them."""

    def __init__(self, path: Path, content: bytes, parts: list[zipfile.ZipInfo]) -> None:
        self._path, self._content, self._parts = path, content, parts
        self._unpacked = self._cells = 0

    def check(self) -> None:
        self._check_list()
        for part in self._parts:
            self._check_name(part)
        for part in self._parts:
            self._check_content(part)

    def _check_list(self) -> None:
        names = [part.filename.lower() for part in self._parts]
        if len(set(names)) < len(names):
            raise _refused(self._path, "holds two parts of one name")
        if "[content_types].xml" not in names or not any(name.startswith("xl/workbook") for name in names):
            raise _refused(self._path, "is a zip, but no Excel workbook")
        if sum(part.compress_size for part in self._parts) > len(self._content):
            raise _refused(self._path, "has parts that share their bytes")
        said = sum(part.file_size for part in self._parts)
        if said > LARGEST_UNPACKED:
            raise _refused(self._path, f"unpacks to {said:,} bytes, more than {LARGEST_UNPACKED:,}")
        if said > SMALLEST_BOMB and said > LARGEST_RATIO * len(self._content):
            raise _refused(self._path, f"unpacks to more than {LARGEST_RATIO} times its size")

    def _check_name(self, part: zipfile.ZipInfo) -> None:
        name = part.filename
        # the library cuts a name at NUL; what it cut stays in orig_filename
        if (
            "\\" in part.orig_filename
            or "\x00" in part.orig_filename
            or name.startswith("/")
            or ".." in name.split("/")
        ):
            raise _refused(self._path, "has a name that leads elsewhere", part.orig_filename)
        unwanted = next((what for sign, what in UNWANTED.items() if sign in name.lower()), "")
        if unwanted:
            raise _refused(self._path, f"holds {unwanted}", name)
        if part.flag_bits & ENCRYPTED or part.compress_type not in METHODS:
            raise _refused(self._path, "is encrypted or packed in an unknown way", name)

    def _check_content(self, part: zipfile.ZipInfo) -> None:
        size, tail = 0, b""
        for piece in self._pieces(part):
            size += len(piece)
            if size > part.file_size:
                break
            self._look_at(part, tail, piece)
            tail = piece[-OVERLAP:]
        if size != part.file_size:
            raise _refused(self._path, f"is not of the {part.file_size:,} bytes it says", part.filename)

    def _look_at(self, part: zipfile.ZipInfo, tail: bytes, piece: bytes) -> None:
        if not part.filename.lower().endswith((".xml", ".rels")):
            return
        seen = tail + piece
        if b"\x00" in seen or DOCTYPE.search(seen):
            raise _refused(self._path, "declares a document type or is not in UTF-8", part.filename)
        if part.filename == "[Content_Types].xml" and b"macroenabled" in seen.lower():
            raise _refused(self._path, "is a workbook with macros", part.filename)
        self._cells += len(CELL.findall(seen)) - len(CELL.findall(tail))
        if any(int(row) > MOST_ROWS for row in ROW.findall(seen)):
            raise _refused(self._path, f"has a row beyond the {MOST_ROWS:,} that are read")
        if self._cells > MOST_CELLS:
            raise _refused(self._path, f"has more than {MOST_CELLS:,} cells")

    def _pieces(self, part: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield a part's real content, whatever size the zip says it has; at most one byte more than that."""
        packed = self._packed(part)
        if part.compress_type == zipfile.ZIP_STORED:
            yield packed
            return
        stream, left = zlib.decompressobj(-zlib.MAX_WBITS), part.file_size + 1
        while packed and left > 0 and not stream.eof:
            piece = stream.decompress(packed, min(PIECE, left))
            left -= len(piece)
            yield piece
            packed = stream.unconsumed_tail
        if stream.unused_data or not stream.eof:
            raise _refused(self._path, f"is not of the {part.file_size:,} bytes it says", part.filename)

    def _packed(self, part: zipfile.ZipInfo) -> bytes:
        """Return a part's packed bytes by the header that stands before them."""
        start = part.header_offset
        name, extra = struct.unpack_from("<HH", self._content, start + 26)
        start += LOCAL_HEADER + name + extra
        packed = self._content[start : start + part.compress_size]
        if len(packed) < part.compress_size:
            raise _refused(self._path, "ends before its bytes do", part.filename)
        return packed
