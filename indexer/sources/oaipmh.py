"""OAI-PMH 2.0: the records of a library's or university's repository, in Dublin Core, page by page.

Owns: how pages are asked for (`collect`: resumption tokens, limits, starting anew) and read: deleted records, the
protocol's errors, and where the next run goes on (the server's responseDate). The first run takes all; a later one only
what changed since, so that nothing is taken for gone but what the server says is deleted. Source: openarchives.org,
OAI-PMH 2.0. Called by the importer; `collect` runs beside it and parses nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from lxml import etree

from city.errors import FeedRefused, InvalidInput
from city.services.records import OfferingRecord
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.dublin_core import cells_of
from indexer.sources.files import read_xml
from indexer.sources.mapping import TableMapping
from indexer.sources.tables import CellRecords

NAMESPACES = {"oai": "http://www.openarchives.org/OAI/2.0/", "dc": "http://www.openarchives.org/OAI/2.0/oai_dc/"}
MOST_TRIES = 2
MOST_PAGES = 1_000
MOST_RECORDS = 100_000
MOST_BYTES = 50 * 1024 * 1024
PREFIX = "oai_dc"
PAGES = "page-*.xml"
TOKEN = re.compile(rb"<(?:\w{1,20}:)?resumptionToken\b[^>]{0,500}>([^<]{1,4000})<")
RECORD = re.compile(rb"<(?:\w{1,20}:)?record[\s>]")
ERROR = re.compile(rb"<(?:\w{1,20}:)?error\b[^>]{0,200}?code\s*=\s*[\"'](\w{1,40})[\"']")
GRANULARITY = re.compile(rb"<(?:\w{1,20}:)?granularity\s*>\s*(YYYY-MM-DD[^<]{0,20}?)\s*<")
CURSOR = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DAY_LETTERS = len("2026-11-27")
NOTHING_NEW, TOKEN_EXPIRED = "noRecordsMatch", "badResumptionToken"
SMALLER = "name a set in the address: ?set=…"

Fetch = Callable[[str], bytes]


def collect(fetch: Fetch, address: str, cursor: str, folder: Path) -> None:
    """Fetch all pages of a repository into files of the folder, from `cursor` on; raises FeedRefused beyond limits.

    Pages of an earlier run make room. A token that expired on the way starts the list anew, once.
    """
    asked = _Asked.of(address)
    first = asked.list_records(_from(fetch, asked, cursor))
    if not any(_collected(fetch, asked, first, folder) for _ in range(MOST_TRIES)):
        raise FeedRefused(
            "The repository twice forgot where its list was.", file=address, remedy="try again later, or ask for a set"
        )


class _Asked:
    """The repository's address and what of its list is wanted."""

    def __init__(self, base: str, parameters: dict[str, str]) -> None:
        self._base, self._parameters = base, parameters

    @classmethod
    def of(cls, address: str) -> _Asked:
        parts = urlsplit(address)
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        known = ("verb", "metadataPrefix", "set", "from", "until", "resumptionToken")
        own = {name: value for name, value in given.items() if name not in known}
        wanted = {name: value for name, value in given.items() if name in ("set", "from", "until")}
        return cls(
            urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(own), "")),
            {"metadataPrefix": given.get("metadataPrefix", PREFIX), **wanted},
        )

    def _address(self, **parameters: str) -> str:
        joint = "&" if "?" in self._base else "?"
        return f"{self._base}{joint}{urlencode(parameters)}"

    def identify(self) -> str:
        return self._address(verb="Identify")

    def list_records(self, since: str) -> str:
        return self._address(verb="ListRecords", **{**self._parameters, **({"from": since} if since else {})})

    def resume(self, token: str) -> str:
        return self._address(verb="ListRecords", resumptionToken=token)


def _from(fetch: Fetch, asked: _Asked, cursor: str) -> str:
    """Return the cursor in the granularity the repository knows, "" at the first run."""
    if not CURSOR.fullmatch(cursor):
        return ""
    told = GRANULARITY.search(fetch(asked.identify()))
    return cursor if told and b"hh" in told[1].lower() else cursor[:DAY_LETTERS]


def _collected(fetch: Fetch, asked: _Asked, first: str, folder: Path) -> bool:
    """Write page after page in place of older ones; False when the repository does not know its own token any more."""
    for older in folder.glob(PAGES):
        older.unlink()
    address, tokens, size, records = first, set[bytes](), 0, 0
    for number in range(1, MOST_PAGES + 1):
        page = fetch(address)
        size, records = size + len(page), records + len(RECORD.findall(page))
        if size > MOST_BYTES or records > MOST_RECORDS:
            raise FeedRefused(
                f"The repository holds more than {MOST_RECORDS:,} records or {MOST_BYTES // 1024**2} MiB.",
                file=address,
                remedy=SMALLER,
            )
        if (error := ERROR.search(page)) is not None and error[1].decode() == TOKEN_EXPIRED:
            return False
        (folder / f"page-{number:04}.xml").write_bytes(page)
        token = TOKEN.search(page)
        if token is None or not token[1].strip():
            return True
        if token[1] in tokens:
            raise FeedRefused(
                "The repository gives the same page again and again.", file=address, remedy="tell its keeper"
            )
        tokens.add(token[1])
        address = asked.resume(html.unescape(token[1].decode("utf-8", "replace")).strip())
    raise FeedRefused(f"The repository has more than {MOST_PAGES:,} pages.", file=first, remedy=SMALLER)


def read(path: Path, options: SourceOptions) -> Reading:
    """Read pages of ListRecords, a folder of them or one file; raises FeedRefused for the protocol's own errors."""
    mapping = TableMapping.read(options.mapping)
    pages = sorted(path.glob("*.xml")) if path.is_dir() else [path]
    if not pages:
        raise FeedRefused(f"{path.name} holds no pages.", file=str(path), remedy="*.xml files of ListRecords")
    harvest = _Harvest(mapping, options)
    for page in pages:
        harvest.take(page)
    return harvest.reading()


class _Harvest:
    """All pages of one run; what comes twice on the way is taken as it was told last."""

    def __init__(self, mapping: TableMapping, options: SourceOptions) -> None:
        self._mapping, self._options = mapping, options
        self._records = CellRecords(mapping, options)
        # a list that was asked for from a day on; what lies in a folder is whole
        self._is_later = bool(options.cursor and options.address)
        self._reading = Reading(is_partial=self._is_later)
        self._found: dict[str, OfferingRecord | None] = {}
        self._is_cut = False

    def take(self, page: Path) -> None:
        """Take the records of a page; raises FeedRefused when it is none."""
        root = read_xml(page)
        listed = root.find("oai:ListRecords", NAMESPACES)
        if listed is None:
            self._take_error(root, page)
            return
        self._take_date(root)
        for record in listed.iterfind("oai:record", NAMESPACES):
            self._take_record(record, page.name)
        token = listed.findtext("oai:resumptionToken", "", NAMESPACES)
        self._is_cut = bool(token.strip())

    def _take_date(self, root: etree._Element) -> None:
        stated = root.findtext("oai:responseDate", "", NAMESPACES).strip()
        if not self._reading.cursor and CURSOR.fullmatch(stated):
            self._reading.cursor = stated

    def _take_error(self, root: etree._Element, page: Path) -> None:
        error = root.find("oai:error", NAMESPACES)
        if error is None:
            raise FeedRefused(
                f"{page.name} is no answer of OAI-PMH to ListRecords.", file=str(page), remedy="<OAI-PMH>…<ListRecords>"
            )
        if error.get("code") != NOTHING_NEW:
            raise FeedRefused(
                f"The repository answers {error.get('code')}: {' '.join((error.text or '').split())[:200]}",
                file=str(page),
                line=error.sourceline,
                remedy="an address that gives oai_dc, like https://library.example/oai?set=courses",
            )
        self._take_date(root)
        if self._is_later:
            self._reading.remarks.append(Finding("Nothing changed since the last run.", page.name))
        else:
            self._reading.remarks.append(Finding("The repository holds no records.", page.name))

    def _take_record(self, record: etree._Element, file: str) -> None:
        header = record.find("oai:header", NAMESPACES)
        source_id = header.findtext("oai:identifier", "", NAMESPACES).strip() if header is not None else ""
        if not source_id:
            self._refuse(record, file, "", InvalidInput("The record has no identifier.", field="identifier"))
            return
        self._found.pop(source_id, None)
        if header.get("status") == "deleted":
            self._found[source_id] = None
            return
        try:
            self._found[source_id] = self._transformed(record, source_id)
        except InvalidInput as wrong:
            self._refuse(record, file, source_id, wrong)

    def _transformed(self, record: etree._Element, source_id: str) -> OfferingRecord:
        dc = record.find("oai:metadata/dc:dc", NAMESPACES)
        if dc is None:
            raise InvalidInput("The record has no Dublin Core.", field="metadata", remedy="metadataPrefix=oai_dc")
        return self._records.record(cells_of(dc, source_id, self._mapping, self._options.kind))

    def _refuse(self, record: etree._Element, file: str, source_id: str, wrong: InvalidInput) -> None:
        shown = str(wrong.value)[:200] if wrong.value is not None else None
        self._reading.refusals.append(
            Finding(str(wrong), file, record.sourceline, source_id, wrong.field, shown, wrong.remedy)
        )

    def reading(self) -> Reading:
        """Return all that was taken."""
        self._reading.records = [record for record in self._found.values() if record is not None]
        self._reading.deleted_ids = frozenset(i for i, record in self._found.items() if record is None)
        self._reading.venues = self._records.venues
        self._reading.is_partial = self._reading.is_partial or self._is_cut
        return self._reading
