"""A small good feed of each format, with one given text in every field that holds words."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from html import escape
from typing import Any

import openpyxl

from tests.contract.feeds.conftest import VENUES, an_event, days_of

TEXT = "书法 Ink & tea, 'quoted'"
Files = dict[str, bytes]
"""The files of one feed by name; more than one stand in a folder."""


def ical(text: str, count: int = 3) -> Files:
    word = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r", "").replace("\n", "\\n")
    event = (
        "BEGIN:VEVENT\r\nUID:{n}@example.org\r\nDTSTAMP:20251201T000000Z\r\nDTSTART;TZID=Asia/Shanghai:202601{d:02}T190000\r\n"
        "DTEND;TZID=Asia/Shanghai:202601{d:02}T203000\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nSUMMARY:{word} {n}\r\n"
        "DESCRIPTION:{word}\r\nLOCATION:{word}\r\nCATEGORIES:{word}\r\nCONTACT:{word}\r\nURL:https://example.org/{n}\r\n"
        "END:VEVENT\r\n"
    )
    events = "".join(event.format(n=n, d=n % 28 + 1, word=word) for n in range(count))
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\nX-WR-TIMEZONE:Asia/Shanghai\r\n"
    return {"feed.ics": f"{head}{events}END:VCALENDAR\r\n".encode("utf-8", "surrogatepass")}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def _place(text: str) -> dict[str, Any]:
    address = {"@type": "PostalAddress", "streetAddress": text, "addressLocality": text}
    geo = {"@type": "GeoCoordinates", "latitude": 30.5, "longitude": 114.3}
    return {"@type": "Place", "@id": "https://example.org/hall", "name": text, "address": address, "geo": geo}


def _event(text: str, n: int) -> dict[str, Any]:
    return {
        "@type": "Event", "@id": f"https://example.org/e/{n}", "name": f"{text} {n}", "description": text,
        "startDate": f"2026-01-{n % 28 + 1:02}T19:00:00+08:00", "endDate": f"2026-01-{n % 28 + 1:02}T20:00:00+08:00",
        "location": _place(text), "keywords": [text], "url": "https://example.org/e", "inLanguage": "zh",
        "organizer": {"@type": "Organization", "name": text},
        "offers": [{"@type": "Offer", "name": text, "price": "20", "priceCurrency": "CNY"}],
    }  # fmt: skip


def jsonld(text: str) -> Files:
    course = {
        "@type": "Course", "@id": "https://example.org/c/1", "name": text, "description": text, "courseCode": text,
        "hasCourseInstance": [{"@type": "CourseInstance", "name": text, "startDate": "2026-02-01",
                               "endDate": "2026-02-20", "location": _place(text), "instructor": text}],
    }  # fmt: skip
    return {
        "feed.jsonld": _json({"@context": "https://schema.org", "@graph": [_event(text, 1), _event(text, 2), course]})
    }


def jsonld_page(text: str) -> Files:
    inside = json.dumps({"@context": "https://schema.org"} | _event(text, 1)).replace("<", "\\u003c")
    page = (
        f'<!DOCTYPE html><html><head><title>x</title><script type="application/ld+json">{inside}</script></head></html>'
    )
    return {"page.html": page.encode("utf-8", "surrogatepass")}


def rpde(text: str) -> Files:
    data = _event(text, 1) | {"@context": ["https://openactive.io/", "https://schema.org/"], "@type": "Event"}
    items = [
        {"state": "updated", "kind": "Event", "id": "1", "modified": 1, "data": data},
        {"state": "updated", "kind": "Event", "id": "2", "modified": 2, "data": data | {"@id": "https://example.org/e/2"}},
        {"state": "deleted", "kind": "Event", "id": "3", "modified": 3},
    ]  # fmt: skip
    return {"feed.json": _json({"next": "https://example.org/feed?afterTimestamp=3&afterId=3", "items": items,
                                "license": "https://creativecommons.org/licenses/by/4.0/"})}  # fmt: skip


def routeguide(text: str) -> Files:
    def point(kind: str, n: int) -> dict[str, Any]:
        geo = {"@type": "GeoCoordinates", "latitude": 30.5 + n / 1000, "longitude": 114.3}
        return {"@type": kind, "name": f"{text} {n}", "headline": text, "description": text, "geo": geo,
                "arrivalAddress": {"@type": "PostalAddress", "streetAddress": text}}  # fmt: skip

    route = {
        "@context": ["https://openactive.io", "https://schema.org"], "@id": "https://example.org/r/1",
        "@type": "RouteGuide", "name": text, "description": text, "headline": text,
        "distance": {"@type": "QuantitativeValue", "value": 4, "unitCode": "KTM"},
        "indicativeDuration": [{"@type": "IndicativeDuration", "duration": "PT45M"}],
        "isLoop": True, "category": [text], "accessibilityDescription": text,
        "publisher": {"@type": "Organization", "name": text},
        "startPoint": point("StartPoint", 0), "endPoint": point("EndPoint", 9),
        "routePoint": [point("RoutePoint", 1), point("RoutePoint", 2)],
    }  # fmt: skip
    return {"feed.json": _json(route)}


HEADER = (
    "source_id",
    "title.zh-Hans",
    "title.en",
    "description.en",
    "venue.en",
    "address.en",
    "date",
    "starts",
    "price",
    "contact",
)


def _rows(text: str) -> list[list[str]]:
    return [
        [str(n), f"{text} {n}", text, text, text, text, f"2026-01-{n + 1:02}", "19:00", "20", text] for n in range(3)
    ]


def csv(text: str) -> Files:
    lines = [HEADER, *(['"' + cell.replace('"', '""') + '"' for cell in row] for row in _rows(text))]
    return {"feed.csv": "\r\n".join(",".join(line) for line in lines).encode("utf-8", "surrogatepass")}


def excel(text: str) -> Files:
    book = openpyxl.Workbook()
    for row in (HEADER, *_rows(openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", text)[:30_000])):
        book.active.append(row)
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s"  # words that begin with "=" are words here
    book.save(file := io.BytesIO())
    return {"feed.xlsx": file.getvalue()}


def _xml(text: str) -> str:
    shown = "".join(letter for letter in text if letter in "\t\n\r" or letter >= " ")
    return escape("".join(letter for letter in shown if not 0xD800 <= ord(letter) < 0xE000 and ord(letter) < 0xFFFE))


def oaipmh(text: str) -> Files:
    fields = "".join(
        f"<dc:{name}>{_xml(text)}</dc:{name}>"
        for name in ("title", "description", "subject", "creator", "publisher", "coverage", "type", "rights")
    )
    record = (
        "<record><header><identifier>oai:example.org:{n}</identifier><datestamp>2025-12-0{n}</datestamp></header><metadata>"
        '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "{fields}<dc:date>2026-01-0{n}</dc:date><dc:identifier>https://example.org/{n}</dc:identifier>"
        "<dc:language>zh</dc:language></oai_dc:dc></metadata></record>"
    )
    records = "".join(record.format(n=n, fields=fields) for n in (1, 2, 3))
    return {
        "feed.xml": (
            '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
            '<responseDate>2025-12-16T00:00:00Z</responseDate><request verb="ListRecords" metadataPrefix="oai_dc">'
            f"https://example.org/oai</request><ListRecords>{records}</ListRecords></OAI-PMH>"
        ).encode()
    }


def rss(text: str) -> Files:
    item = (
        "<item><guid>https://example.org/{n}</guid><title>{text}</title><link>https://example.org/{n}</link>"
        "<description>{text}</description><category>{text}</category><author>{text}</author>"
        "<pubDate>Tue, 0{n} Dec 2025 10:00:00 +0800</pubDate>"
        "<ev:startdate>2026-01-0{n}T19:00:00+08:00</ev:startdate><ev:enddate>2026-01-0{n}T20:00:00+08:00</ev:enddate>"
        "<ev:location>{text}</ev:location></item>"
    )
    items = "".join(item.format(n=n, text=_xml(text)) for n in (1, 2, 3))
    return {
        "feed.rss": (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:ev="http://purl.org/rss/1.0/modules/event/">'
            f"<channel><title>{_xml(text)}</title><link>https://example.org/</link><description>{_xml(text)}</description>"
            f"{items}</channel></rss>"
        ).encode()
    }


def geojson(text: str) -> Files:
    def place(n: int) -> dict[str, Any]:
        properties = {"name": f"{text} {n}", "name:en": text, "@id": f"node/{n}", "amenity": "library",
                      "addr:full": text, "phone": "021-1", "opening_hours": "Tu-Su 09:00-17:00"}  # fmt: skip
        return {
            "type": "Feature",
            "properties": properties,
            "geometry": {"type": "Point", "coordinates": [114.3, 30.5]},
        }

    return {"places.geojson": _json({"type": "FeatureCollection", "features": [place(1), place(2)]})}


def lcsd(text: str) -> Files:
    inside = text.replace("]]>", "]] >")
    words = "".join(
        letter for letter in inside if letter in "\t\n" or (letter >= " " and not 0xD800 <= ord(letter) < 0xE000)
    )
    words = words.replace("\ufffe", "").replace("\uffff", "")
    events = "".join(
        an_event(str(n), zh=words, en=words, text=words, price=_xml(words), dates="10 Jan 2026 (Sat) 4pm")
        for n in (1, 2)
    )
    days = days_of({"1": ["20260110"], "2": ["20260111"]})
    return {
        "events.xml": f'<?xml version="1.0"?><events>{events}</events>'.encode(),
        "venues.xml": VENUES.replace("City Hall", _xml(text)).encode(),
        "eventDates.xml": days.encode(),
    }


GOOD: dict[str, Callable[[str], Files]] = {
    "csv": csv, "excel": excel, "geojson": geojson, "ical": ical, "jsonld": jsonld, "lcsd": lcsd, "oaipmh": oaipmh,
    "routeguide": routeguide, "rpde": rpde, "rss": rss,
}  # fmt: skip
