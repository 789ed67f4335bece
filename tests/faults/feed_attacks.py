"""Feeds made on purpose against a reader, by name: one for each known weakness of formats and libraries."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Iterator

from tests.faults.good_feeds import GOOD, TEXT, Files

SIZE = 9 * 1024 * 1024
COPIES = 1_000
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Attacks = Iterator[tuple[str, Files]]


def _calendar(*lines: str, events: str = "") -> Files:
    event = "\r\n".join(["BEGIN:VEVENT", "UID:1", "DTSTART:19700101T000000Z", "SUMMARY:x", *lines, "END:VEVENT"])
    return {"feed.ics": f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events or event}\r\nEND:VCALENDAR\r\n".encode()}


def _ical_attacks() -> Attacks:
    everything = ",".join(str(n) for n in range(60))
    days = ",".join(f"{n}{day}" for n in range(-53, 54) if n for day in ("MO", "TU", "WE", "TH", "FR", "SA", "SU"))
    for rule in (
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=100000000",
        "FREQ=HOURLY;UNTIL=99991231T235959Z",
        "FREQ=DAILY;COUNT=1000000000",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;UNTIL=x",
        f"FREQ=YEARLY;BYHOUR={everything};BYMINUTE={everything};BYSECOND={everything}",
        f"FREQ=YEARLY;BYDAY={days}",
        f"FREQ=DAILY;BYSETPOS={everything};BYYEARDAY={everything}",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=",
        "FREQ=DAILY;" * 900,
    ):
        yield f"rule {rule[:40]}", _calendar(f"RRULE:{rule}")
    yield "a million empty events", {"feed.ics": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 1_000_000}
    yield "350,000 empty events", {"feed.ics": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 350_000}
    yield (
        "20,000 of one UID",
        _calendar(events="BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260110\r\nSUMMARY:x\r\nEND:VEVENT\r\n" * 20_000),
    )
    overrides = "".join(
        f"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260110\r\nRECURRENCE-ID:{19700101 + n}\r\nEND:VEVENT\r\n"
        for n in range(15_000)
    )
    yield "15,000 overrides of one series", _calendar(events=overrides)
    yield "bait for nested quantifiers", _calendar("A;" + 'X="a' * 1_900)
    yield "a line that never ends", _calendar("DESCRIPTION" + ";a=b" * (SIZE // 4))
    yield "half a million folds", _calendar("DESCRIPTION:x" + "\r\n x" * 500_000)
    yield "quotes without end", _calendar('DTSTART;X="' + '";"' * 2_000 + ":20260110")
    yield "components nested without end", _calendar(events="BEGIN:VEVENT\r\n" * 100_000)
    yield (
        "alarms that repeat",
        _calendar("BEGIN:VALARM", "TRIGGER:-PT1M", "REPEAT:2147483647", "DURATION:PT1S", "END:VALARM"),
    )
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0800\r\n"
        "TZOFFSETTO:+0800\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    yield (
        "a zone that changes each second",
        _calendar(events=zone + "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=X:20260110T100000\r\nSUMMARY:x\r\nEND:VEVENT"),
    )
    for value in ("../../../../etc/passwd", "/etc/localtime", "x" * 4_000, "\x7f"):
        yield f"zone named {value[:12]!r}", _calendar(f"DTSTART;TZID={value}:20260110T100000")
    for line in (
        "DTEND:99991231T235959Z",
        "DURATION:P99999999999999D",
        "DTSTART:00000000",
        "DTSTART;VALUE=DATE:20260230",
        "EXDATE:" + "20260110," * 400,
        "RDATE:" + ",".join(["20260110T000000Z"] * 400),
        "ATTACH;ENCODING=BASE64:" + "QUJD" * 2_000,
        "GEO:1e999;nan",
        "SEQUENCE:" + "9" * 3_000,
    ):
        yield f"line {line[:24]}", _calendar(line)
    yield "NUL", _calendar("SUMMARY:a\x00b")
    yield "UTF-16", {"feed.ics": _calendar()["feed.ics"].decode().encode("utf-16")}
    yield "broken UTF-8", {"feed.ics": _calendar("LOCATION:?")["feed.ics"].replace(b"?", b"\xff\xfe\xed\xa0\x80")}


def _json_attacks(name: str) -> Attacks:
    good = next(iter(GOOD[name](TEXT).values()))
    tree = json.loads(good)
    word = b'"' + TEXT.encode().replace(b"\\", b"") + b'"'

    def changed(replacement: bytes) -> Files:
        return {"feed.json": good.replace(word, replacement, 1)}

    yield "depth 100,000", {"feed.json": b'{"a":' * 100_000}
    yield "lists 100,000 deep", {"feed.json": b"[" * 100_000 + b"]" * 100_000}
    yield "values 25 deep", changed(b"[" * 25 + b"]" * 25)
    yield "a key twice", {"feed.json": good.replace(b'"name"', b'"name": "first", "name"', 1)}
    yield "NaN", changed(b"NaN")
    yield "infinity", changed(b"1e999")
    yield "5,000 digits", changed(b"9" * 5_000)
    yield "a word of 9 MB", changed(b'"' + b"x" * SIZE + b'"')
    yield "markup of 9 MB", changed(b'"' + b"<div>" * (SIZE // 5) + b'"')
    yield "half of a letter", changed(b'"\\ud800"')
    yield "NUL escaped", changed(b'"a\\u0000b"')
    yield "UTF-16", {"feed.json": good.decode().encode("utf-16")}
    yield "300,000 lists", {"feed.json": b"[" + b"[]," * 299_000 + b"[]]"}
    for sign, value in (
        ("null", b"null"),
        ("number", b"7"),
        ("list", b"[[1],{}]"),
        ("object", b'{"@value": {"@value": 1}}'),
    ):
        yield f"{sign} for words", changed(value)
    items = next((key for key, value in tree.items() if isinstance(value, list) and key != "@context"), "")
    if items:
        for title, value in (
            ("half a million empty ones", "{}"),
            ("a million numbers", "7"),
            ("half a million nulls", "null"),
        ):
            body = ",".join([value] * (500_000 if value == "null" else 1_000_000))
            yield title, {"feed.json": json.dumps(tree | {items: "@@"}).replace('"@@"', f"[{body}]").encode()}
        one = json.dumps(tree[items][0])
        body = ",".join([one] * COPIES)
        yield (
            "one record many times",
            {"feed.json": json.dumps(tree | {items: "@@"}).replace('"@@"', f"[{body}]").encode()},
        )


def _jsonld_attacks() -> Attacks:
    yield from _json_attacks("jsonld")
    loop = [
        {"@id": "#a", "@type": "Event", "name": "x", "subEvent": {"@id": "#b"}, "superEvent": {"@id": "#b"}},
        {"@id": "#b", "@type": "EventSeries", "name": "x", "subEvent": {"@id": "#a"}, "superEvent": {"@id": "#a"}},
    ]
    yield (
        "events inside one another",
        {"feed.jsonld": json.dumps({"@context": "https://schema.org", "@graph": loop}).encode()},
    )
    fan = [{"@id": f"#{n}", "@type": "Event", "name": "x", "subEvent": [{"@id": f"#{n + 1}"}] * 30} for n in range(30)]
    yield (
        "a graph that doubles",
        {"feed.jsonld": json.dumps({"@context": "https://schema.org", "@graph": fan}).encode()},
    )
    tail = [{"@id": f"#{n}", "@type": "Event", "name": "x", "location": {"@id": f"#{n + 1}"}} for n in range(COPIES)]
    yield (
        "a chain of references",
        {"feed.jsonld": json.dumps({"@context": "https://schema.org", "@graph": tail}).encode()},
    )
    schedule = {
        "@type": "Schedule",
        "repeatFrequency": "PT1S",
        "startDate": "0001-01-01",
        "endDate": "9999-12-31",
        "repeatCount": 10**9,
    }
    event = {"@context": "https://schema.org", "@type": "Event", "name": "x", "startDate": "2026-01-10"}
    yield "a schedule by the second", {"feed.jsonld": json.dumps(event | {"eventSchedule": schedule}).encode()}
    yield (
        "a context somewhere else",
        {"feed.jsonld": json.dumps(event | {"@context": "http://127.0.0.1:9/c.jsonld"}).encode()},
    )
    script = b'<script type="application/ld+json">'
    yield "a page of 100,000 scripts", {"page.html": b"<html>" + script * 100_000}
    yield "a page nested 1,000,000 deep", {"page.html": b"<html>" + b"<div>" * 1_000_000 + script + b"{}</script>"}
    yield "a page of broken scripts", {"page.html": b"<html>" + (script + b"{]</script>") * 50_000}
    yield (
        "a page with an entity",
        {"page.html": b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html>&x;' + script + b"{}</script>"},
    )


def _csv_attacks() -> Attacks:
    good = GOOD["csv"](TEXT)["feed.csv"]
    header, _, rows = good.partition(b"\r\n")
    for title, content in (
        ("NUL", good.replace(b"19:00", b"19\x0000")),
        ("one cell more", good + b"\r\n" + rows.replace(b"19:00", b"19:00,x")),
        ("one cell less", good.replace(b'"19:00",', b"")),
        ("a cell of 9 MB", good.replace(b"19:00", b"x" * SIZE, 1)),
        ("quotes without end", header + b'\r\n"' + b'""' * (SIZE // 2)),
        ("200,001 rows", header + b"\r\n" + b"x\r\n" * 200_001),
        ("blank lines", header + b"\r\n" * (SIZE // 2)),
        ("a million columns", b"a," * 1_000_000 + b"b\r\n1"),
        ("one column twice", header + b"," + header),
        ("UTF-16", good.decode().encode("utf-16")),
        ("UTF-8 with one wrong byte", good.replace("书".encode(), b"\xe4\xb9", 1)),
        ("only a header", header),
        ("only commas", b"," * SIZE),
        ("only quotes", b'"' * SIZE),
        ("carriage returns", good.replace(b"\r\n", b"\r")),
        ("formulas", good.replace(b"19:00", b"=HYPERLINK(1)")),
        ("days without end", good.replace(b"2026-01-01", b"2026-01-01|" * 100_000)),
        ("far years", good.replace(b"2026-01-0", b"99999-01-0")),
        ("NaN prices", good.replace(b'"20"', b'"nan"')),
        ("markup", good.replace(b"19:00", b"19:00").replace("书法".encode(), b"<a href=javascript:x>")),
    ):
        yield title, {"feed.csv": content}


SHEET = "xl/worksheets/sheet1.xml"


def _workbook(parts: dict[str, bytes], **more: bytes) -> Files:
    with (
        zipfile.ZipFile(io.BytesIO(GOOD["excel"](TEXT)["feed.xlsx"])) as good,
        zipfile.ZipFile(file := io.BytesIO(), "w", 8) as made,
    ):
        for name in good.namelist():
            if name not in parts:
                made.writestr(name, good.read(name))
        for name, content in (parts | more).items():
            made.writestr(name, content)
    return {"feed.xlsx": file.getvalue()}


def _sheet(rows: str, dimension: str = "A1:C3") -> Files:
    head = f'<worksheet xmlns="{MAIN}"><dimension ref="{dimension}"/><sheetData>'
    return _workbook({SHEET: f"{head}{rows}</sheetData></worksheet>".encode()})


def _excel_attacks() -> Attacks:
    good = GOOD["excel"](TEXT)["feed.xlsx"]
    cell = '<c r="{ref}" t="inlineStr"><is><t>{text}</t></is></c>'
    header = '<row r="1">' + cell.format(ref="A1", text="title.en") + cell.format(ref="B1", text="date") + "</row>"
    lying = bytearray(_workbook({SHEET: b"<x>" + b" " * 900_000})["feed.xlsx"])
    for found in re.finditer(re.escape(SHEET.encode()), bytes(lying)):
        for signature, back, offset in ((b"PK\x03\x04", 30, 22), (b"PK\x01\x02", 46, 24)):
            if lying[found.start() - back : found.start() - back + 4] == signature:
                struct.pack_into("<I", lying, found.start() - back + offset, 100)
    yield "a part of 60 MB", _workbook({SHEET: b" " * 60_000_000})
    yield "a part packed 1,000 times", _workbook({SHEET: b" " * 20_000_000})
    yield "a part that lies about its size", {"feed.xlsx": bytes(lying)}
    yield "parts outside", _workbook({"../../../etc/cron.d/x": b"x"})
    yield "201 parts", _workbook({f"xl/media/{n}.png": b"x" for n in range(201)})
    yield "macros", _workbook({"xl/vbaProject.bin": b"x"})
    yield "entities", _workbook({SHEET: b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'})
    yield (
        "outside entity in the strings",
        _workbook({"xl/sharedStrings.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst>&a;</sst>'}),
    )
    yield (
        "a cell at the far end",
        _sheet(header + '<row r="1048576">' + cell.format(ref="XFD1048576", text="x") + "</row>", "A1:XFD1048576"),
    )
    yield (
        "a row far below",
        _sheet(header + '<row r="900000">' + cell.format(ref="A900000", text="x") + "</row>", "A1:B900000"),
    )
    yield (
        "a cell far to the right in each row",
        _sheet(
            header
            + "".join(f'<row r="{n}">' + cell.format(ref=f"XFD{n}", text="x") + "</row>" for n in range(2, 3_000))
        ),
    )
    yield "a size that is not so", _sheet(header, "A1:XFD1048576")
    yield "cells without references", _sheet(header + "<row>" + "<c/>" * 600_000 + "</row>")
    yield "a string that is not there", _sheet(header + '<row r="2"><c r="A2" t="s"><v>99999999</v></c></row>')
    yield (
        "days beyond days",
        _sheet(header + '<row r="2">' + cell.format(ref="A2", text="x") + '<c r="B2" s="1"><v>1e300</v></c></row>'),
    )
    yield (
        "errors for values",
        _sheet(header + '<row r="2"><c r="A2" t="e"><v>#REF!</v></c><c r="B2" t="b"><v>7</v></c></row>'),
    )
    yield (
        "a sheet that ends",
        _workbook({SHEET: f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c'.encode()}),
    )
    yield (
        "no sheet",
        _workbook({"xl/workbook.xml": f'<workbook xmlns="{MAIN}"><sheets/></workbook>'.encode()}),
    )
    yield "a zip of zips", _workbook({"xl/embeddings/a.xlsx": good})
    yield "half of a zip", {"feed.xlsx": good[len(good) // 2 :]}
    yield "a list of 100,000 parts", {"feed.xlsx": good[:-22] + b"PK\x01\x02" * 100_000 + good[-22:]}
    yield "no zip", {"feed.xlsx": b"title,date\nInk,2026-01-10"}


def _xml_attacks(name: str) -> Attacks:
    files = GOOD[name](TEXT)
    victim = next(iter(files))
    good = files[victim]
    body = re.sub(rb"^<\?xml[^>]*\?>", b"", good)
    laughs = (
        b"<!DOCTYPE r [<!ENTITY a0 'ha'>"
        + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
        + b"]>"
    )
    shown = TEXT.encode().split(b" ")[0]
    ends = body.rindex(b"</")
    start = re.search(rb"<(?:event|item|record)\b", body)
    record = body[start.start() : body.index(b"</" + start[0][1:] + b">") + len(start[0]) + 2] if start else b"<x/>"
    for title, content in (
        ("laughs", laughs + body.replace(shown, b"&a11;")),
        ("outside entity", b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + body.replace(shown, b"&x;")),
        ("outside type", b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">' + body),
        ("type in UTF-16", (b'<!DOCTYPE r [<!ENTITY x "y">]>' + body).decode().encode("utf-16")),
        ("UTF-7", b'<?xml version="1.0" encoding="UTF-7"?>' + body),
        ("depth 100,000", body[:ends] + b"<a>" * 100_000 + body[ends:]),
        ("depth 200", body[:ends] + b"<a>" * 200 + b"</a>" * 200 + body[ends:]),
        ("a million tags", body[:ends] + b"<a/>" * 1_000_000 + body[ends:]),
        ("900,000 tags", body[:ends] + b"<a/>" * 900_000 + body[ends:]),
        (
            "100,000 attributes",
            body[:ends] + b"<a " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b"/>" + body[ends:],
        ),
        (
            "100,000 name spaces",
            body[:ends] + b"<a " + b" ".join(b'xmlns:a%d="u"' % n for n in range(100_000)) + b"/>" + body[ends:],
        ),
        ("a word of 9 MB", body.replace(shown, b"x" * (SIZE // 20), 1)),
        ("markup of many layers", body.replace(shown, b"&amp;" * 100_000 + b"lt;b>", 1)),
        ("one record many times", body[:ends].replace(record, record * COPIES, 1) + body[ends:]),
        ("no end", body[:ends]),
        ("unclosed CDATA", body[:ends] + b"<![CDATA[" + b"x" * 100_000),
        ("NUL", body.replace(shown, b"\x00")),
        ("another root", b"<html><body>Moved</body></html>"),
        ("nothing inside", re.sub(rb">.*<", b"><", body, flags=re.DOTALL)),
        ("half of a letter", body.replace(shown, b"&#xD800;")),
    ):
        yield title, files | {victim: content}


def _lcsd_attacks() -> Attacks:
    yield from _xml_attacks("lcsd")
    good = GOOD["lcsd"](TEXT)
    days = (
        b'<?xml version="1.0"?><event_dates><event id="1">'
        + b"<indate>20260110</indate>" * 200_000
        + b"</event></event_dates>"
    )
    yield "200,000 days of one event", good | {"eventDates.xml": days}
    bait = b"1-2-" * 40_000 + b"pm " + b"10 Jan, " * 10_000
    yield "bait for readers of days", good | {"events.xml": good["events.xml"].replace(b"10 Jan 2026 (Sat) 4pm", bait)}


ATTACKS: dict[str, Callable[[], Attacks]] = {
    "csv": _csv_attacks,
    "excel": _excel_attacks,
    "geojson": lambda: _json_attacks("geojson"),
    "ical": _ical_attacks,
    "jsonld": _jsonld_attacks,
    "lcsd": _lcsd_attacks,
    "oaipmh": lambda: _xml_attacks("oaipmh"),
    "routeguide": lambda: _json_attacks("routeguide"),
    "rpde": lambda: _json_attacks("rpde"),
    "rss": lambda: _xml_attacks("rss"),
}
