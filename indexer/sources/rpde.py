"""OpenActive's Realtime Paged Data Exchange (RPDE 1.0): a feed of pages that says what changed since the last one.

Owns: a page's form, the order of changes (a later `modified` wins, whatever comes twice), where a feed goes on, and how
its pages are gathered: `collect` runs in the caller's process and stores each page as it came; `read` reads the folder
in the bounded process. The folder keeps the latest state of all items, for a session that changes comes without its
series; where the folder was lost, the feed is read from its first page again. Source: W3C, Realtime Paged Data
Exchange 1.0, openactive.io/realtime-paged-data-exchange.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from city.errors import FeedRefused
from indexer.sources import Finding, Reading, SourceOptions
from indexer.sources.files import LARGEST_BYTES, read_json
from indexer.sources.openactive import Item, join

MOST_PAGES = 1_000
MOST_ITEMS = 100_000
MOST_BYTES = 50 * 1024 * 1024
COMPACT_FROM = 40
"""From this number of stored pages on they are made one list of latest states."""
ITEMS_A_PAGE = 1_000
MOST_ITEMS_OF_A_PAGE = 50_000
STATES = ("updated", "deleted")
FIRST_FEED_SEPARATOR = " "
MARK = "collected.json"
PAGE = re.compile(r"page-(\d{6})\.json")
PAGE_REMEDY = '{"next": "https://…", "items": […], "license": "https://…"}'
LICENCE = "The feed states no licence: ask its publisher whether it may be shown."

Fetch = Callable[[str], bytes]


# gathering, in the caller's process


@dataclass
class _Feed:
    """One feed of a source: where it goes on, and whether its last page was ever reached."""

    address: str
    next: str
    complete: bool = False


@dataclass
class _Spent:
    """What this run has fetched, of all feeds together."""

    pages: int = 0
    items: int = 0
    bytes: int = 0

    def is_enough(self) -> bool:
        return self.pages >= MOST_PAGES or self.items >= MOST_ITEMS or self.bytes >= MOST_BYTES


def collect(fetch: Fetch, address: str, cursor: str, folder: Path) -> None:
    """Fetch the pages since the last run into the folder; `address` may name several feeds, parted by blanks.

    Goes on where the folder's pages end. An empty `cursor`, another address or an empty folder begin at the first page.
    A page that fails ends the run: what came before it stays, and the next run asks for it again. Raises FeedRefused
    when not even one page came.
    """
    _Collecting(fetch, folder, _known(address, cursor, folder)).run()


def _known(address: str, cursor: str, folder: Path) -> list[_Feed]:
    mark = folder / MARK
    if cursor and mark.is_file():
        kept = read_json(mark)
        if kept["address"] == address:
            return [_Feed(**feed) for feed in kept["feeds"]]
    for path in (mark, *_stored(folder)):
        path.unlink(missing_ok=True)
    return [_Feed(first, first) for first in address.split()]


def _stored(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if PAGE.fullmatch(path.name))


class _Collecting:
    """One run over the feeds of one source."""

    def __init__(self, fetch: Fetch, folder: Path, feeds: list[_Feed]) -> None:
        self._fetch, self._folder, self._feeds = fetch, folder, feeds
        self._spent, self._notes = _Spent(), list[str]()

    def run(self) -> None:
        _compact(self._folder)
        failed: FeedRefused | None = None
        for feed in self._feeds:
            try:
                self._follow(feed)
            except FeedRefused as refused:
                failed = failed or refused
                self._notes.append(f"The feed broke off at {feed.next}: {refused} The next run goes on there.")
        if failed is not None and not self._spent.pages:
            raise failed
        self._mark()

    def _follow(self, feed: _Feed) -> None:
        """Fetch pages until the last one, which has no items and names itself as the next."""
        seen = {feed.next}
        while not self._spent.is_enough():
            own = feed.next
            page = self._store(own)
            feed.next = page["next"]
            if feed.next in seen:
                feed.complete = True
                if page["items"]:
                    self._notes.append(f"The page {own} names a page before it as the next: it counts as the last one.")
                return
            seen.add(feed.next)
        self._notes.append(
            f"This run ended after {self._spent.pages:,} pages with {self._spent.items:,} items: the next one goes on."
        )

    def _store(self, url: str) -> Mapping[str, Any]:
        """Fetch one page and keep it when it is one; what is broken leaves nothing behind."""
        content = self._fetch(url)
        number = max((int(path.name[5:11]) for path in _stored(self._folder)), default=0) + 1
        coming = self._folder / "coming.json"
        try:
            coming.write_bytes(content)
            page = _page(read_json(coming), url)
            _refuse_other_host(page["next"], url)
            if page["items"]:
                coming.rename(self._folder / f"page-{number:06}.json")
        finally:
            coming.unlink(missing_ok=True)
        self._spent.pages += 1
        self._spent.items += len(page["items"])
        self._spent.bytes += len(content)
        return page

    def _mark(self) -> None:
        feeds = [{"address": feed.address, "next": feed.next, "complete": feed.complete} for feed in self._feeds]
        address = FIRST_FEED_SEPARATOR.join(feed.address for feed in self._feeds)
        written = self._folder / "marking.json"
        written.write_text(json.dumps({"address": address, "feeds": feeds, "notes": self._notes}), "utf-8")
        written.replace(self._folder / MARK)


def _refuse_other_host(following: str, url: str) -> None:
    there, here = urlsplit(following), urlsplit(url)
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise FeedRefused(
            f"The page leads to another host: {following[:200]}.", file=url, remedy=f"a next on {here.netloc}"
        )


def _compact(folder: Path) -> None:
    """Make many stored pages few: the latest state of each item, in pages of a size that is read."""
    stored = _stored(folder)
    if len(stored) < COMPACT_FROM:
        return
    latest = _latest(_items(stored, Reading()))
    number = int(stored[-1].name[5:11])
    for page in _packed([item.row for item in latest.values()]):
        number += 1
        coming = folder / "coming.json"
        coming.write_text(page, "utf-8")
        coming.rename(folder / f"page-{number:06}.json")
    for path in stored:
        path.unlink()


def _packed(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield pages that hold the rows, none of them larger than a file may be."""
    for at in range(0, len(rows), ITEMS_A_PAGE):
        some = rows[at : at + ITEMS_A_PAGE]
        page = json.dumps({"next": "", "license": "", "items": some}, ensure_ascii=False)
        if len(page.encode()) > LARGEST_BYTES and len(some) > 1:
            yield from _packed(some[: len(some) // 2])
            yield from _packed(some[len(some) // 2 :])
        else:
            yield page


# reading, in the bounded process


@dataclass(frozen=True)
class _Change:
    """One item as a page states it, and its place."""

    row: Mapping[str, Any]
    file: str

    @property
    def key(self) -> tuple[str, str]:
        return str(self.row["kind"]), str(self.row["id"])

    def is_after(self, other: _Change) -> bool:
        """True unless it is older; where the two cannot be compared, the later page counts."""
        mine, its = self.row["modified"], other.row["modified"]
        numbers = isinstance(mine, (int, float)) and isinstance(its, (int, float))
        both = numbers or (isinstance(mine, str) and isinstance(its, str))
        return not both or bool(mine >= its)


@dataclass
class _Collected:
    """What `collect` left beside the pages; of pages that lie there otherwise nothing is known."""

    cursor: str = ""
    complete: bool = False
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> _Collected | None:
        mark = folder / MARK
        if not folder.is_dir() or not mark.is_file():
            return None
        kept = read_json(mark)
        cursor = FIRST_FEED_SEPARATOR.join(feed["next"] for feed in kept["feeds"])
        return cls(cursor, all(feed["complete"] for feed in kept["feeds"]), kept["notes"])


def read(path: Path, options: SourceOptions) -> Reading:
    """Read one page, or a folder of pages in the order of their names; raises FeedRefused when one is no page.

    Of pages alone the reading is partial: what they do not name stays. Once a feed was gathered up to its last page,
    the folder holds all of it, and what it does not name any more is gone.
    """
    collected = _Collected.of(path)
    paths = [path] if path.is_file() or not path.exists() else _pages_in(path)
    if not paths and collected is None:
        raise FeedRefused(f"{path.name} holds no pages.", file=str(path), remedy="files that end in .json")
    reading = Reading(is_partial=collected is None or not collected.complete)
    changes = _latest(_items(paths, reading))
    items = [_item(change) for change in changes.values()]
    join(items, options, reading)
    reading.cursor = collected.cursor if collected else _last_next(paths[-1])
    reading.remarks += [Finding(note, path.name) for note in (collected.notes if collected else ())]
    if collected is None and items:
        _refuse_useless(path, items, reading)
    return reading


def _pages_in(folder: Path) -> list[Path]:
    return _stored(folder) if (folder / MARK).is_file() else sorted(folder.glob("*.json"))


def _last_next(path: Path) -> str:
    return str(read_json(path)["next"])


def _refuse_useless(path: Path, items: Sequence[Item], reading: Reading) -> None:
    """Refuse pages that bring nothing to take part in and delete nothing, with what they hold."""
    if reading.records or reading.refusals or reading.places_only or any(item.data is None for item in items):
        return
    why = reading.remarks[0].message if reading.remarks else "Its items say nothing that is read."
    raise FeedRefused(
        f"{path.name} holds no offering: {why}", file=str(path), remedy="a feed of sessions, events or courses"
    )


def _latest(changes: Iterable[_Change]) -> dict[tuple[str, str], _Change]:
    """Return the latest state of each item, however often and in which order it came."""
    latest: dict[tuple[str, str], _Change] = {}
    for change in changes:
        known = latest.get(change.key)
        if known is None or change.is_after(known):
            latest[change.key] = change
    return latest


def _items(paths: Sequence[Path], reading: Reading) -> Iterator[_Change]:
    """Yield the items of all pages that have an item's form; the others are refused alone."""
    for path in paths:
        page = _page(read_json(path), str(path))
        if not page.get("license") and not PAGE.fullmatch(path.name):
            reading.remarks.append(Finding(LICENCE, path.name, field="license"))
        for at, row in enumerate(page["items"]):
            if (wrong := _what_is_wrong(row)) is not None:
                part = f"{row.get('kind')}/{row['id']}" if isinstance(row, dict) and "id" in row else ""
                name, remedy = wrong
                message = f"Item {at + 1} of the page has no usable {name}."
                value = row.get(name) if isinstance(row, dict) else row
                reading.refusals.append(Finding(message, path.name, None, part, name, _short(value), remedy))
            else:
                yield _Change(row, path.name)


def _page(page: Any, where: str) -> Mapping[str, Any]:
    """Return a page that has a page's form; raises FeedRefused with what is missing."""
    name = where.rsplit("/", 1)[-1] or where
    if not isinstance(page, dict) or not isinstance(page.get("items"), list):
        looks = isinstance(page, dict) and ("@context" in page or "@type" in page)
        raise FeedRefused(
            f"{name} is no page of a change feed: it has no list of items.",
            file=where,
            remedy="learncity import jsonld" if looks else PAGE_REMEDY,
        )
    if len(page["items"]) > MOST_ITEMS_OF_A_PAGE:
        raise FeedRefused(f"{name} holds more than {MOST_ITEMS_OF_A_PAGE:,} items.", file=where, remedy="smaller pages")
    if not isinstance(page.get("next"), str):
        raise FeedRefused(f"{name} does not say which page is next.", file=where, remedy=PAGE_REMEDY)
    return page


def _what_is_wrong(row: Any) -> tuple[str, str] | None:
    """Return the first field of an item that is missing or of another form, and what would be right."""
    if not isinstance(row, dict):
        return "form", '{"state": "updated", "kind": …, "id": …, "modified": …, "data": {…}}'
    if not _is_word(row.get("id")):
        return "id", "an id, as text or number"
    if not isinstance(row.get("kind"), str) or not row["kind"]:
        return "kind", "a kind like SessionSeries"
    if not _is_word(row.get("modified")):
        return "modified", "a number that grows with each change"
    if row.get("state") not in STATES:
        return "state", " or ".join(STATES)
    if row["state"] == "updated" and not isinstance(row.get("data"), dict):
        return "data", "the item itself, as JSON-LD"
    return None


def _is_word(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != ""


def _short(value: Any) -> str | None:
    return None if value is None else str(value)[:200]


def _item(change: _Change) -> Item:
    row = change.row
    return Item(*change.key, row["data"] if row["state"] == "updated" else None, change.file)
