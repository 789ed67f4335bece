"""Reading a feed's files within bounds, before a format looks at them.

Owns: size, encoding, depth and number of parts of text, XML and JSON, and how a missing, oversized or hostile file is
refused: always whole, with file, line where there is one, and what would be right. Limits are those of docs/imports.md;
workbooks have theirs in `indexer.sources.workbooks`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from city.errors import FeedRefused
from indexer.sources import workbooks
from indexer.sources.workbooks import DOCTYPE

LARGEST_BYTES = 10 * 1024 * 1024
DEEPEST = 20
MOST_TAGS = 1_000_000
MOST_VALUES = 600_000
MOST_LOOSE_TAGS = 100_000
MOST_ATTRIBUTES = 500
ENCODINGS = ("utf-8-sig", "gb18030")
NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "gb18030": "GB 18030"}
LONG_TAG = re.compile(rb"<[^<>]{4096,}")
ATTRIBUTE = re.compile(rb"=\s{0,9}[\"']")
XML_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
XML_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
XML_ENCODINGS = re.compile(r"utf-?8|(us-)?ascii|iso-8859-\d{1,2}|windows-125\d|gb18030|gbk|gb2312|big5(-hkscs)?", re.I)
"""Encodings that write "<" as one byte and nothing else so: in them a document type cannot hide from DOCTYPE."""
LONG_NUMBER = re.compile(r"\d{1000}")
JSON_MARK = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
NOT_A_NUMBER = re.compile(r"\b(?:NaN|-?Infinity)\b")


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; raises FeedRefused when it is missing, a folder, unreadable, empty or too large."""
    try:
        if not path.is_file() and path.exists():
            raise FeedRefused(f"{path.name} is a folder.", file=str(path), remedy="name a file")
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as unreadable:
        reason = getattr(unreadable, "strerror", None) or "its name is no path"
        raise FeedRefused(
            f"{path.name} cannot be read: {reason}.", file=str(path), remedy="check the path"
        ) from unreadable
    if len(content) > LARGEST_BYTES:
        raise FeedRefused(
            f"{path.name} has more than the {LARGEST_BYTES:,} bytes that are read.",
            file=str(path),
            remedy="split the file",
        )
    if not content.strip():
        raise FeedRefused(f"{path.name} is empty.", file=str(path), remedy="a file with records")
    return content


def read_text(path: Path, encodings: Sequence[str] = ENCODINGS) -> str:
    """Return a file's text in the first encoding that fits; raises FeedRefused with the line that fits none."""
    return decoded(read_bytes(path), path, encodings)


def decoded(content: bytes, path: Path, encodings: Sequence[str] = ENCODINGS) -> str:
    """Return bytes as text, like `read_text`; `path` names them in the refusal."""
    if b"\x00" in content:
        line = _line_at(content, content.index(b"\x00"))
        raise FeedRefused(f"{path.name} holds a NUL byte.", file=str(path), line=line, remedy="a text file in UTF-8")
    misfit = 0
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as wrong:
            misfit = misfit or wrong.start
            if encoding in ("utf-8-sig", "utf-8") and _is_damaged_utf8(content):
                break
        except LookupError:
            continue
    names = " or ".join(dict.fromkeys(NAMES.get(encoding, encoding) for encoding in encodings))
    raise FeedRefused(
        f"{path.name} is not text in {names}.", file=str(path), line=_line_at(content, misfit), remedy="a file in UTF-8"
    )


def check_workbook(path: Path) -> None:
    """Raise FeedRefused unless a file is an Excel workbook that can be opened safely."""
    workbooks.refuse_hostile(read_bytes(path), path)


def _line_at(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _is_damaged_utf8(content: bytes) -> bool:
    """True for UTF-8 with a few broken letters, which GB 18030 would take for other Chinese words."""
    read = content.decode("utf-8", "replace")
    broken = read.count("\ufffd")
    return _beyond_ascii(read) - broken > 2 * broken


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def read_xml(path: Path) -> etree._Element:
    """Return the root of an XML file.

    A document type, entities, another encoding than those of XML_ENCODINGS, depth beyond DEEPEST, more than MOST_TAGS
    tags and broken XML are refused.
    """
    content = read_bytes(path)
    _refuse_hidden_parts(content, path)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise FeedRefused(
            f"{path.name} is not well-formed XML: {' '.join(str(broken).split())[:200]}.",
            file=str(path),
            line=getattr(broken, "lineno", None) or None,
            remedy="well-formed XML",
        ) from broken
    if root.getroottree().docinfo.doctype:
        raise _declares_a_type(path)
    _refuse_depth(root, path)
    return root


def _refuse_hidden_parts(content: bytes, path: Path) -> None:
    """Refuse what has to be seen before a parser sees it."""
    encoding = XML_ENCODING.search(content[:300])
    if not XML_START.match(content) or b"\x00" in content:
        raise FeedRefused(
            f"{path.name} is no XML in UTF-8, and a document type could hide in it.",
            file=str(path),
            line=1,
            remedy="XML in UTF-8",
        )
    if encoding and not XML_ENCODINGS.fullmatch(encoding[1].decode("ascii")):
        told = encoding[1].decode("ascii")
        raise FeedRefused(
            f"{path.name} is in {told}, which is not read.", file=str(path), line=1, remedy="XML in UTF-8"
        )
    if (found := DOCTYPE.search(content)) is not None:
        raise _declares_a_type(path, _line_at(content, found.start()))
    if content.count(b"<") > MOST_TAGS:
        raise FeedRefused(f"{path.name} has more than {MOST_TAGS:,} tags.", file=str(path), remedy="split the file")


def refuse_heavy_markup(content: bytes, path: Path) -> None:
    """Refuse markup that forgiving parsers, which look at each tag several times, would be busy with for long."""
    if content.count(b"<") > MOST_LOOSE_TAGS:
        raise FeedRefused(f"{path.name} has more than {MOST_LOOSE_TAGS:,} tags.", file=str(path), remedy="split it")
    for tag in LONG_TAG.finditer(content):
        if len(ATTRIBUTE.findall(tag[0])) > MOST_ATTRIBUTES:
            line = _line_at(content, tag.start())
            message = f"{path.name} has a tag with more than {MOST_ATTRIBUTES} attributes."
            raise FeedRefused(message, file=str(path), line=line, remedy="a feed as its program writes it")


def _declares_a_type(path: Path, line: int | None = None) -> FeedRefused:
    return FeedRefused(
        f"{path.name} declares a document type.", file=str(path), line=line, remedy="XML without DOCTYPE"
    )


def _refuse_depth(root: etree._Element, path: Path) -> None:
    deeper = root.xpath(f"({'/*' * (DEEPEST + 1)})[1]")
    if deeper:
        line = deeper[0].sourceline
        raise FeedRefused(f"{path.name} is nested more than {DEEPEST} deep.", file=str(path), line=line)


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    A key that stands twice in one object, NaN and numbers beyond all bounds, depth beyond DEEPEST, more than
    MOST_VALUES values and broken JSON are refused.
    """
    return parsed_json(read_text(path, ("utf-8-sig",)), path)


def parsed_json(text: str, path: Path, first_line: int = 1) -> Any:
    """Return what a JSON text holds, like `read_json`; `first_line` is where it begins in the file it stands in."""
    if sum(map(text.count, ",[{")) > MOST_VALUES:
        raise FeedRefused(f"{path.name} has more than {MOST_VALUES:,} values.", file=str(path), remedy="split the file")
    try:
        found = json.loads(
            text, object_pairs_hook=_object_without_twins, parse_constant=_refuse_constant, parse_float=_finite
        )
    except json.JSONDecodeError as broken:
        line = first_line + broken.lineno - 1
        raise FeedRefused(
            f"{path.name} is not JSON: {broken.msg}.", file=str(path), line=line, remedy="valid JSON"
        ) from broken
    except _OddJson as odd:
        line = first_line + _line_of(text, odd.sign)
        raise FeedRefused(f"{path.name}: {odd}.", file=str(path), line=line, remedy="JSON as RFC 8259 has it") from odd
    except ValueError as wrong:
        line = first_line + _line_of(text, LONG_NUMBER)
        raise FeedRefused(
            f"{path.name} holds a number with too many digits.", file=str(path), line=line, remedy="a number like 12"
        ) from wrong
    except RecursionError as deep:
        raise _nested_too_deep(text, path, first_line) from deep
    if _is_deeper(found):
        raise _nested_too_deep(text, path, first_line)
    return found


class _OddJson(ValueError):
    """JSON that some readers take and others do not; `sign` is what to look for in the text."""

    def __init__(self, message: str, sign: re.Pattern[str]) -> None:
        super().__init__(message)
        self.sign = sign


def _line_of(text: str, sign: re.Pattern[str]) -> int:
    """Return how many lines stand before the last place where a sign is found."""
    places = [match.start() for match in sign.finditer(text)]
    return text.count("\n", 0, places[-1]) if places else 0


def _object_without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twin = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _OddJson(f"the key {twin[:80]!r} stands twice in one object", re.compile(re.escape(json.dumps(twin))))
    return found


def _refuse_constant(word: str) -> Any:
    raise _OddJson(f"{word} is no number", NOT_A_NUMBER)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _OddJson(f"the number {digits[:40]} is too large", re.compile(re.escape(digits)))
    return value


def _is_deeper(found: Any) -> bool:
    """True when lists and objects stand in one another more than DEEPEST times."""
    level = [found]
    for _ in range(DEEPEST + 1):
        level = [value for value in level if type(value) in (dict, list)]
        if not level:
            return False
        level = [part for value in level for part in (value.values() if type(value) is dict else value)]
    return True


def _nested_too_deep(text: str, path: Path, first_line: int) -> FeedRefused:
    depth = position = 0
    for mark in JSON_MARK.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
        if depth > DEEPEST:
            position = mark.start()
            break
    line = first_line + text.count("\n", 0, position)
    message = f"{path.name} is nested more than {DEEPEST} deep."
    return FeedRefused(message, file=str(path), line=line, remedy=f"at most {DEEPEST} levels")
