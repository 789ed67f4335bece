"""Files that a feed is made of: what is read of them, and what is refused before a format looks at it."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest

from city.errors import FeedRefused
from indexer.sources.files import DEEPEST, LARGEST_BYTES, check_workbook, read_bytes, read_json, read_text, read_xml

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def refusal(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Write a file, read it, return the refusal."""

    def of(read, content: bytes) -> FeedRefused:  # type: ignore[no-untyped-def]
        path = tmp_path / "feed.dat"
        path.write_bytes(content)
        with pytest.raises(FeedRefused) as refused:
            read(path)
        assert refused.value.file == str(path)
        return refused.value

    return of


def test_a_missing_file_a_folder_and_one_that_is_too_large_are_named(refusal, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert "too" not in str(refusal(read_bytes, b" \n"))
    assert f"{LARGEST_BYTES:,}" in str(refusal(read_bytes, b"x" * (LARGEST_BYTES + 1)))
    for path, said in ((tmp_path / "nowhere", "No such file"), (tmp_path, "is a folder"), (Path("a\x00b"), "no path")):
        with pytest.raises(FeedRefused, match=said):
            read_bytes(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_text_is_read_in_utf_8_and_gb_18030(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes("题目\n书法入门，每周二晚".encode(encoding))
    assert read_text(tmp_path / "a.csv") == "题目\n书法入门，每周二晚"


def test_a_nul_and_one_broken_letter_are_refused_with_their_line(refusal) -> None:  # type: ignore[no-untyped-def]
    assert refusal(read_text, b"one\ntwo\nth\x00ree").line == 3
    chinese = "书法入门\n国画\n陶艺".encode()
    assert refusal(read_text, chinese.replace("画".encode(), "画".encode()[:2])).line == 2


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (b'{"a": 1,\n "b": {"c": 1,\n "c": 2}}', 3, "'c' stands twice"),
        (b"[1,\n NaN]", 2, "NaN is no number"),
        (b"[1,\n-Infinity]", 2, "-Infinity is no number"),
        (b"[1,\n1e999]", 2, "too large"),
        (b"[1,\n" + b"7" * 5_000 + b"]", 2, "too many digits"),
        (b'{"a":\n tru}', 2, "not JSON"),
        (b"\n" + b"[" * 100_000, 2, "nested more than 20 deep"),
        (b"[\n" + b"[" * DEEPEST + b"]" * DEEPEST + b"]", 2, "nested more than 20 deep"),
        (b"[" + b"[]," * 300_001 + b"1]", None, "more than 600,000 values"),
        ('{"a": 1}'.encode("utf-16"), 1, "NUL"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_json_that_readers_understand_differently_is_refused(refusal, text: bytes, line: int | None, said: str) -> None:  # type: ignore[no-untyped-def]
    refused = refusal(read_json, text)
    assert said in str(refused)
    assert refused.line == line


def test_json_at_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"a": ' + b"[" * (DEEPEST - 1) + b'"NaN [[["' + b"]" * (DEEPEST - 1) + b"}")
    assert str(read_json(path)).count("[[[") > 1


LAUGHS = '<!DOCTYPE r [<!ENTITY a "haha"><!ENTITY b "&a;&a;">]><r>&b;</r>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS.encode(), "document type"),
        (b"<?xml version='1.0'?>\n" + OUTSIDE.encode(), "document type"),
        (b"<r><![CDATA[x]]></r><!dOcTyPe r>", "document type"),
        (OUTSIDE.encode("utf-16"), "no XML in UTF-8"),
        (OUTSIDE.encode("utf-16-be"), "no XML in UTF-8"),
        (OUTSIDE.encode("cp037"), "no XML in UTF-8"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADw-r/+AD4-', "UTF-7"),
        (b"<a>" * 21 + b"</a>" * 21, "nested more than 20 deep"),
        (b"<r>" + b"<a/>" * 1_000_000 + b"</r>", "tags"),
        (b"<r><a></r>", "not well-formed"),
        (b'<r xmlns:x="y"><x:a/><z:b/></r', "not well-formed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_xml_with_entities_or_too_deep_is_refused(refusal, text: bytes, said: str) -> None:  # type: ignore[no-untyped-def]
    assert said in str(refusal(read_xml, text))


def test_xml_in_a_chinese_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes('<?xml version="1.0" encoding="GB2312"?><r>书法</r>'.encode("gb2312"))
    assert read_xml(tmp_path / "a.xml").text == "书法"


def a_workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (["title", "date"], ["Ink", "2026-01-10"], ["=1+1", "2026-01-11"]):
        book.active.append(row)
    book.active["A2"].hyperlink = "https://example.org/ink"
    book.save(file := io.BytesIO())
    return file.getvalue()


def zipped(*parts: tuple[str, bytes], without: str = "") -> bytes:
    """Return a workbook with parts added, or put in the place of others."""
    replaced = {name for name, _ in parts} | {without}
    with zipfile.ZipFile(io.BytesIO(a_workbook())) as good, zipfile.ZipFile(file := io.BytesIO(), "w", 8) as made:
        for name in good.namelist():
            if name not in replaced:
                made.writestr(name, good.read(name))
        for name, content in parts:
            made.writestr(name, content)
    return file.getvalue()


def lying(name: str, content: bytes, said_size: int) -> bytes:
    """Return a workbook of which one part says another size than it has, in both its headers."""
    raw = bytearray(zipped((name, content)))
    for signature, before_name, before_size in ((b"PK\x03\x04", 30, 22), (b"PK\x01\x02", 46, 24)):
        at = raw.find(name.encode(), raw.rfind(signature, 0, raw.rfind(name.encode())) if before_name == 46 else 0)
        struct.pack_into("<I", raw, at - before_name + before_size, said_size)
    return bytes(raw)


def test_a_plain_workbook_with_web_links_passes(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(a_workbook())
    check_workbook(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: zipped((SHEET, b"<x>" + b" " * 9_000_000)), "100 times its size"),
        (lambda: zipped(("a.bin", b"\x00" * (60 * 1024 * 1024))), "more than 52,428,800"),
        (lambda: lying(SHEET, b"<x>" + b" " * 900_000, 500), "of the 500 bytes it says"),
        (lambda: lying(SHEET, b"<x>" + b" " * 900, 900_000), "of the 900,000 bytes it says"),
        (lambda: zipped(*((f"xl/media/{i}.png", b"x") for i in range(200))), "more than 200 parts"),
        (lambda: zipped(("../../etc/cron.d/x", b"x")), "leads elsewhere"),
        (lambda: zipped(("/etc/x", b"x")), "leads elsewhere"),
        (lambda: zipped(("xl\\..\\x", b"x")), "leads elsewhere"),
        (lambda: zipped(("xl/vbaProject.bin", b"x")), "macros"),
        (lambda: zipped(("xl/externalLinks/externalLink1.xml", b"<x/>")), "links to other files"),
        (lambda: zipped((SHEET, LAUGHS.encode())), "document type"),
        (lambda: zipped((SHEET, LAUGHS.encode("utf-16"))), "document type or is not in UTF-8"),
        (lambda: zipped((SHEET, b"".join(b"<c r='A%d'/>" % i for i in range(500_001)))), "cells"),
        (lambda: zipped((SHEET, b"<x><row spans='1:2' r='900000'/></x>")), "a row beyond"),
        (lambda: zipped(without="[Content_Types].xml"), "no Excel workbook"),
        (lambda: a_workbook()[:-300], "not a whole Excel workbook"),
        (lambda: b"title,date\nInk,2026-01-10\n", "not a whole Excel workbook"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_workbook_with_more_than_plain_sheets_is_refused(refusal, content, said: str) -> None:  # type: ignore[no-untyped-def]
    assert said in str(refusal(check_workbook, content()))


def test_a_workbook_of_two_parts_of_one_name_is_refused(refusal) -> None:  # type: ignore[no-untyped-def]
    with zipfile.ZipFile(file := io.BytesIO(a_workbook()), "a") as twice, pytest.warns(UserWarning, match="Duplicate"):
        twice.writestr(SHEET, b"<other/>")
    assert "two parts of one name" in str(refusal(check_workbook, file.getvalue()))
