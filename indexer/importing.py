"""One run of one source from end to end: fetch, read within bounds, load, report. The same for a verb and the worker.

Owns: `ImportOrder`, how an address becomes a file to read, and what a report is made of. Refuses nothing by itself:
what the fetcher, the reader or the loading refuse stands in the report. Called by `learncity import`, `learncity source
run` and the worker's job.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from city.clock import Clock
from city.errors import FeedRefused, InvalidInput
from city.model import Kind, Source
from city.services.permissions import Actor
from city.services.publishing import FeedBatch, Progress, Publishing
from city.store.database import Database
from city.text import clean_line
from indexer.bounded import read_bounded
from indexer.collector import collector_at_rest
from indexer.fetching import Fetcher
from indexer.reports import ImportReport
from indexer.shifting import shift_remarks
from indexer.sources import Finding, Reading, SourceOptions, source_of
from indexer.sources.datum import DATUMS, FEWEST_PAIRS
from indexer.sources.files import read_bytes

LONGEST_SOURCE_NAME = 200
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/", re.IGNORECASE)


@dataclass(frozen=True)
class ImportOrder:
    """What to import for whom: `address` is a path or a web address, `mapping` the text of a mapping file."""

    source: str
    format: str
    address: str
    operator: str
    kind: str = Kind.EVENT
    mapping: str = ""
    datum: str = DATUMS[0]
    accept_guess: bool = False
    from_the_start: bool = False
    """True where a change feed is read from its first page again, and an unchanged one is read although unchanged."""

    def __post_init__(self) -> None:
        if len(self.source) > LONGEST_SOURCE_NAME:
            raise InvalidInput(
                f"The source's name has {len(self.source)} letters: give a shorter one with --source NAME."
            )

    @property
    def is_remote(self) -> bool:
        return SCHEME.match(self.address) is not None

    def options(self) -> dict[str, Any]:
        """Return how the source is read, as it is kept; what is default is left out."""
        given = {"kind": self.kind, "mapping": self.mapping, "datum": self.datum, "accept_guess": self.accept_guess}
        default = ImportOrder("", "", "", "")
        return {name: str(value) if name != "accept_guess" else value for name, value in given.items()
                if value != getattr(default, name)}  # fmt: skip

    @classmethod
    def of(cls, source: Source, operator: str, *, from_the_start: bool = False) -> ImportOrder:
        """Return the order that repeats what is kept of a source."""
        kept = dict(source.options)
        return cls(source.name, source.format, source.address, operator, **kept, from_the_start=from_the_start)


def source_name(given: str, address: str) -> str:
    """Return the name by which a source is known: the given one, else its address."""
    return clean_line(given or address, field="source", longest=10_000)


@dataclass
class _Brought:
    """What was found at the address: a file or folder to read, and how to ask next time."""

    path: Path | None
    etag: str = ""
    last_modified: str = ""


@dataclass
class Importer:
    """Runs orders on one database; `clock` is the catalogue's, `fetcher` opens what lies behind web addresses.

    `feeds` is where the pages of change feeds are kept from run to run, a folder a source.
    """

    database: Database
    clock: Clock
    system_clock: Clock
    fetcher: Fetcher
    feeds: Path
    publishing: Publishing = field(init=False)

    def __post_init__(self) -> None:
        self.publishing = Publishing(self.database, self.clock)

    def run(
        self,
        order: ImportOrder,
        *,
        dry_run: bool = False,
        allow_mass_change: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import, keep the report (not of a dry run) and return it; a feed that is refused whole is a report too."""
        with collector_at_rest():
            return self._run(order, dry_run, allow_mass_change, progress)

    def _run(
        self, order: ImportOrder, dry_run: bool, allow_mass_change: bool, progress: Progress | None
    ) -> ImportReport:
        report = ImportReport(order.format, order.source, order.operator, dry_run)
        with self.database.reading() as work:
            known = work.feeds.source(order.source)
        reading, brought = self._read(order, known, report)
        reading.remarks += self._looks_shifted(order, reading)
        batch = _batch(report, reading, order, brought)
        outcome = self.publishing.load_feed(
            Actor.system(), batch, dry_run=dry_run, allow_mass_change=allow_mass_change, progress=progress
        )
        report.add_outcome(outcome)
        if report.was_unchanged:
            with self.database.reading() as work:
                report.unchanged = work.feeds.present_count(order.source)
        if not dry_run:
            error = report.stopped or report.refused_whole
            report.run_id = self.publishing.keep_report(
                batch, report.as_json(), ran_at=self.system_clock.now(), error=error
            )
        return report

    def _read(self, order: ImportOrder, known: Source | None, report: ImportReport) -> tuple[Reading, _Brought]:
        """Return what the feed holds; one that cannot be used as a whole gives a reading of one refusal."""
        try:
            with (
                tempfile.TemporaryDirectory(prefix="learncity-feed-") as folder,
                self._brought(order, known, Path(folder)) as brought,
            ):
                if brought.path is None:
                    return Reading(is_partial=True, remarks=[_unchanged(order)]), brought
                options = self._options(order, known, Path(folder))
                reading = read_bounded(order.format, brought.path, options)
                if reading.guessed_mapping:
                    report.refused_whole = reading.refusals[0].message
                    report.guessed_mapping = reading.guessed_mapping
                return reading, brought
        except FeedRefused as refused:
            report.refused_whole = str(refused)
            finding = Finding(str(refused), refused.file or order.address, refused.line, remedy=refused.remedy)
            return Reading(refusals=[finding]), _Brought(None)

    def _looks_shifted(self, order: ImportOrder, reading: Reading) -> list[Finding]:
        """Return the question whether another datum is meant, where known places of the same names say so."""
        if order.datum != DATUMS[0] or len(reading.venues) < FEWEST_PAIRS:
            return []
        with self.database.reading() as work:
            return shift_remarks(reading.venues, work.venues.known_positions(order.source), order.address)

    def _options(self, order: ImportOrder, known: Source | None, folder: Path) -> SourceOptions:
        mapping = folder / "mapping.toml" if order.mapping else None
        if mapping is not None:
            mapping.write_text(order.mapping, "utf-8")
        return SourceOptions(
            kind=order.kind,
            mapping=mapping,
            zone=self.clock.zone.key,
            datum=order.datum,
            accept_guess=order.accept_guess,
            cursor=_cursor(order, known),
            now=self.clock.now(),
            address=order.address if order.is_remote else "",
        )

    @contextmanager
    def _brought(self, order: ImportOrder, known: Source | None, folder: Path) -> Iterator[_Brought]:
        """Yield the file or folder that the address names; what is remote lies in `folder` meanwhile."""
        if not order.is_remote:
            yield _Brought(Path(order.address))
            return
        if (collect := _collector(order.format)) is not None:
            place = self.feeds / hashlib.sha256(order.source.encode()).hexdigest()[:24]
            place.mkdir(parents=True, exist_ok=True)
            collect(lambda url: self.fetcher.fetch(url).content or b"", order.address, _cursor(order, known), place)
            yield _Brought(place)
            return
        place = folder / "fetched"
        place.mkdir()
        same = known if known is not None and _asks_for_the_same(known, order) else None
        fetched = self.fetcher.fetch(
            order.address, etag=same.etag if same else "", last_modified=same.last_modified if same else ""
        )
        path = place / _file_name(fetched.url)
        if fetched.content is not None:
            path.write_bytes(fetched.content)
        yield _Brought(path if fetched.content is not None else None, fetched.etag, fetched.last_modified)


def mapping_text(path: Path) -> str:
    """Return the text of a mapping file; raises FeedRefused when it cannot be read."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        raise FeedRefused(
            f"The mapping {path.name} is not UTF-8.", file=str(path), remedy="save it as UTF-8"
        ) from broken


Collect = Callable[[Callable[[str], bytes], str, str, Path], None]


def _collector(format_: str) -> Collect | None:
    """Return how a format gathers the pages of an address, None where the one address is the whole feed."""
    module = importlib.import_module(source_of(format_).__module__)
    found: Collect | None = getattr(module, "collect", None)
    return found


def _cursor(order: ImportOrder, known: Source | None) -> str:
    """Where a change feed went to last time; another address begins anew."""
    if known is None or order.from_the_start or known.address != order.address:
        return ""
    return known.cursor


def _asks_for_the_same(known: Source, order: ImportOrder) -> bool:
    """True when the last run was good and read what this one will: else also what did not change is read again."""
    same_reading = known.format == order.format and dict(known.options) == order.options()
    return same_reading and known.address == order.address and not known.last_error and not order.from_the_start


def _file_name(url: str) -> str:
    """Return a file name that findings can show: the last part of the address."""
    last = unquote(urlsplit(url).path.rstrip("/").rsplit("/", 1)[-1])
    return re.sub(r"[^\w.-]", "_", last)[-80:].lstrip(".") or "feed"


def _unchanged(order: ImportOrder) -> Finding:
    return Finding("The address says that nothing changed since the last run: it was not read again.", order.address)


def _batch(report: ImportReport, reading: Reading, order: ImportOrder, brought: _Brought) -> FeedBatch:
    """Return what the reading brings, and note its findings in the report."""
    report.refusals, report.remarks = reading.refusals, reading.remarks
    named = reading.records or reading.refusals or reading.deleted_ids or reading.places_only
    named_nothing = reading.is_partial and not named
    report.was_unchanged = (brought.path is None or named_nothing) and not report.refused_whole
    refused = frozenset(finding.part for finding in reading.refusals if finding.part)
    complete = all(finding.part for finding in reading.refusals)
    if not complete and reading.records:
        report.remarks.append(Finding("Records without a readable id were refused: no record is taken for gone."))
    return FeedBatch(
        source=order.source,
        format=order.format,
        operator_slug=order.operator,
        venues=reading.venues if reading.records or reading.places_only else [],
        records=reading.records,
        refused_ids=refused,
        complete=complete and not reading.is_partial,
        deleted_ids=reading.deleted_ids,
        cursor=reading.cursor,
        places_only=reading.places_only,
        keep_if_known=reading.keep_if_known,
        address=order.address,
        options=order.options(),
        etag=brought.etag,
        last_modified=brought.last_modified,
    )
