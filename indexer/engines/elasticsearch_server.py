"""One Elasticsearch and the indices of one alias on it: writing in bulk, reading versions, making and swapping indices.

Owns: time limits, `external_gte` versions, checking every item of a bulk answer, tombstones and their end, the alias
swap and what is removed after it. Called by `indexer.engines.elasticsearch`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from city.clock import Clock
from city.errors import SearchUnavailable
from indexer.engines.batches import newest_of, some_at_a_time
from indexer.engines.elasticsearch_faults import REMEDY, explained, library, require_certificates
from indexer.engines.elasticsearch_query import Body, index_body, source_of
from indexer.engines.protocol import Applied, Change

WRITE_SECONDS = 30.0
ITEMS_A_REQUEST = 500
VERSIONS_A_PAGE = 5_000
TOMBSTONES_KEPT = timedelta(days=7)
LEFT_BEHIND = timedelta(days=1)
"""An index that no alias names and that is older than this is what a killed rebuild left."""
ALIVE: Body = {"term": {"deleted": False}}
SUPERSEDED = 409
EXISTS_ALREADY = "resource_already_exists_exception"


class Server:
    """The Elasticsearch at `url` as far as `alias` goes; `clock` is real time, by which tombstones grow old."""

    def __init__(
        self,
        url: str,
        alias: str,
        clock: Clock,
        *,
        search_seconds: float,
        api_key: str = "",
        certificate_authority: Path | None = None,
    ) -> None:
        self.url = url.rpartition("@")[2]
        self.alias = alias
        self.clock = clock
        secured: dict[str, Any] = {"api_key": api_key} if api_key else {}
        if certificate_authority is not None:
            require_certificates(certificate_authority)
            secured["ca_certs"] = str(certificate_authority)
        with self.explained():
            client = library().Elasticsearch(url, max_retries=0, **secured)
        self.quick = client.options(request_timeout=search_seconds)
        self.patient = client.options(request_timeout=WRITE_SECONDS)

    def explained(self) -> AbstractContextManager[None]:
        """Turn whatever the client raises into SearchUnavailable."""
        return explained(self.url, self.alias)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, changes: Iterable[Change], index: str) -> Applied:
        """Write changes in bulk to an index or alias that exists; look at every item of the answers."""
        done: set[int] = set()
        failed: dict[int, str] = {}
        for some in some_at_a_time(newest_of(changes).values(), ITEMS_A_REQUEST):
            operations = [part for change in some for part in self._operation(change)]
            for item in self._bulk(index, operations)["items"]:
                _sort_out(item["index"], done, failed)
        return Applied(frozenset(done), failed)

    def _operation(self, change: Change) -> tuple[Body, Body]:
        action = {"_id": str(change.offering_id), "version": change.version, "version_type": "external_gte"}
        now_s = int(self.clock.now().timestamp())
        return {"index": action}, source_of(change.offering_id, change.version, change.document, now_s)

    def _bulk(self, index: str, operations: Sequence[Body]) -> Any:
        """Send one bulk request; an alias that is gone must not become an index of that name."""
        return self.patient.bulk(index=index, operations=operations, require_alias=index == self.alias)

    def forget(self, offering_ids: Iterable[int]) -> None:
        """Drop offerings; what is written meanwhile stays.

        A plain delete counts as a version of its own, which for a minute would refuse the row as the catalogue has it.
        """
        for some in some_at_a_time(offering_ids, ITEMS_A_REQUEST):
            held = self.patient.mget(index=self.alias, ids=[str(id_) for id_ in some], source=False)["docs"]
            self._delete((each["_id"], each["_version"]) for each in held if each.get("found"))

    def purge(self) -> None:
        """Remove tombstones of a week ago; one that a newer version replaced meanwhile stays."""
        before = int((self.clock.now() - TOMBSTONES_KEPT).timestamp())
        old: list[Body] = [{"term": {"deleted": True}}, {"range": {"deleted_at": {"lte": before}}}]
        found = self.patient.search(
            index=self.alias, query={"bool": {"filter": old}}, size=VERSIONS_A_PAGE, source=False, version=True
        )
        self._delete((hit["_id"], hit["_version"]) for hit in found["hits"]["hits"])

    def _delete(self, seen: Iterable[tuple[str, int]]) -> None:
        """Delete documents (id, version) that are still as they were seen."""
        gone: list[Body] = [
            {"delete": {"_id": id_, "version": version, "version_type": "external_gte"}} for id_, version in seen
        ]
        if gone:
            self._bulk(self.alias, gone)

    def refresh(self, index: str) -> None:
        """Let searches see what was written."""
        self.patient.indices.refresh(index=index)

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def made(self) -> Body:
        """Return by which versions the index that answers was made; raises SearchUnavailable when two would answer."""
        behind = list(self.quick.indices.get_mapping(index=self.alias).values())
        if len(behind) != 1:
            raise SearchUnavailable(f"{self.alias} at {self.url} names {len(behind)} indices, not one; {REMEDY}.")
        return dict(behind[0]["mappings"].get("_meta", {}))

    def count(self) -> int:
        """Return how many offerings are in the index, without tombstones."""
        return int(self.patient.count(index=self.alias, query=ALIVE)["count"])

    def versions(self, index: str) -> dict[int, int]:
        """Return offering id → version, without tombstones, read page by page from one point in time."""
        point = self.patient.open_point_in_time(index=index, keep_alive="2m")["id"]
        try:
            return {id_: version for page in self._pages(point) for id_, version in page}
        finally:
            self.patient.close_point_in_time(id=point)

    def _pages(self, point: str) -> Iterator[list[tuple[int, int]]]:
        after: list[Any] | None = None
        while True:
            hits = self.patient.search(
                pit={"id": point, "keep_alive": "2m"},
                query=ALIVE,
                size=VERSIONS_A_PAGE,
                source=False,
                docvalue_fields=[{"field": "version"}],
                sort=[{"number": {"order": "asc"}}],
                search_after=after,
                track_total_hits=False,
            )["hits"]["hits"]
            yield [(int(hit["_id"]), int(hit["fields"]["version"][0])) for hit in hits]
            if len(hits) < VERSIONS_A_PAGE:
                return
            after = hits[-1]["sort"]

    # ── indices ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def exists(self) -> bool:
        """True when the alias names an index."""
        return bool(self.patient.indices.exists_alias(name=self.alias))

    def ensure(self) -> None:
        """Make an empty index that answers where none does.

        Its name is always the same and each step can be done twice: whoever is killed between the two, or does this at
        the same time, makes no second one.
        """
        if self.exists():
            return
        name = f"{self.alias}-first"
        try:
            self._create(name)
        except library().BadRequestError as refused:
            if refused.error != EXISTS_ALREADY:
                raise
        self.patient.indices.put_alias(index=name, name=self.alias)

    def create(self) -> str:
        """Make an empty index that does not answer yet; return its name."""
        name = f"{self.alias}-{self.clock.now():%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        self._create(name)
        return name

    def _create(self, name: str) -> None:
        self.patient.indices.create(index=name, **index_body())

    def swap(self, new: str) -> None:
        """Let `new` alone answer, in one step; the index before it is kept, older ones are removed.

        The alias is taken from whatever has it at that moment, so that of two rebuilds at once the later one answers.
        """
        former = f"{self.alias}.former"
        before, older = self._behind(self.alias), self._behind(former)
        taken: list[Body] = [
            {"remove": {"index": f"{self.alias}-*", "alias": name, "must_exist": False}}
            for name in (self.alias, former)
        ]
        kept: list[Body] = [{"add": {"index": name, "alias": former}} for name in before]
        self.patient.indices.update_aliases(actions=[*taken, *kept, {"add": {"index": new, "alias": self.alias}}])
        for name in {*older, *self._left_behind()} - {new, *before}:
            self.drop(name)

    def drop(self, name: str) -> None:
        """Remove an index."""
        self.patient.indices.delete(index=name, ignore_unavailable=True)

    def _behind(self, alias: str) -> list[str]:
        try:
            return list(self.patient.indices.get_alias(name=alias))
        except library().NotFoundError:
            return []

    def _left_behind(self) -> list[str]:
        before_ms = (self.clock.now() - LEFT_BEHIND).timestamp() * 1000
        found = self.patient.indices.get(index=f"{self.alias}-*", features=["aliases", "settings"])
        return [
            name
            for name, each in found.items()
            if not each["aliases"] and int(each["settings"]["index"]["creation_date"]) < before_ms
        ]


def _sort_out(item: Body, done: set[int], failed: dict[int, str]) -> None:
    """Note what became of one item of a bulk answer; that a newer version is there is as good as done."""
    id_, status = int(item["_id"]), int(item["status"])
    if status < 300 or status == SUPERSEDED:
        done.add(id_)
    else:
        reason = item.get("error", {}).get("reason", "")
        failed[id_] = f"Elasticsearch answered {status} for offering {id_}: {str(reason)[:200]}"
