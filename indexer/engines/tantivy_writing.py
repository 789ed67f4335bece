"""Writing the embedded index: its schema, batches with versions, tombstones, a rebuild beside.

Owns: the schema made of FIELDS, how a Document becomes tantivy's, that an older version never overtakes a newer one,
and that what was taken out leaves a tombstone with its version for a week. Whoever writes holds the folder's lock.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from tantivy import Document as TantivyDocument
from tantivy import FieldType as TantivyType
from tantivy import Index, Query, Schema, SchemaBuilder, Searcher, TextAnalyzerBuilder, Tokenizer

from city.clock import Clock
from indexer.document import Document
from indexer.engines.batches import newest_of
from indexer.engines.completing import cut
from indexer.engines.protocol import Applied, Change
from indexer.engines.tantivy_folder import IndexFolder, explained, note_versions
from indexer.engines.tantivy_query import ALIVE, PLACE, place_token
from indexer.engines.tantivy_shortcuts import COUNTED_ALONE, PACKED, SHORTCUTS, packed, shortcuts
from indexer.fields import FIELDS, TOMBSTONE_WORDS, FieldType

TITLES, NAMES = "titles", "names"
BLANKS = "blanks"
BATCH_MEMORY, REBUILD_MEMORY = 20_000_000, 120_000_000
TOMBSTONES_KEPT = timedelta(days=7)
OPTIONS = {FieldType.WORDS: "freq", FieldType.KEYS: "basic"}
VALUES = {name for name, type_ in FIELDS.items() if type_ is FieldType.KEYWORD} - COUNTED_ALONE - {"completions"}
"""Fields of whole values, each its own term."""
NEVER_COUNTED = frozenset({"slots", "day_slots", "hours", "venue", "operator", "areas", "always_open", "main_topic"})


def schema() -> Schema:
    """Return tantivy's schema for FIELDS and what stands beside them."""
    builder = SchemaBuilder()
    for name, type_ in FIELDS.items():
        if type_ is FieldType.NUMBER:
            builder.add_integer_field(name, indexed=name == "listed_until", fast=True)
        elif type_ is not FieldType.KEYWORD:
            builder.add_text_field(name, tokenizer_name=BLANKS, index_option=OPTIONS[type_])
    for name in VALUES:
        is_column = name not in NEVER_COUNTED and name not in PACKED
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=is_column)
    for name in PACKED.values():
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_text_field(NAMES, tokenizer_name="raw", index_option="basic")
    for name in (SHORTCUTS, "completions"):
        builder.add_text_field(name, tokenizer_name=BLANKS, index_option="basic")
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field(ALIVE, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(PLACE, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("number", "version", "deleted_at"):
        builder.add_integer_field(name, fast=True)
    builder.add_float_field("merit", fast=True)
    builder.add_bytes_field(TITLES, stored=True)
    return builder.build()


def registered(index: Index) -> Index:
    """Make the index know the tokenizer that cuts ready-made tokens at blanks."""
    index.register_tokenizer(BLANKS, TextAnalyzerBuilder(Tokenizer.whitespace()).build())
    return index


def new_index(folder: Path) -> Index:
    """Make an empty index in a new folder."""
    index = registered(Index(schema(), str(folder)))
    note_versions(folder)
    return index


def versions_in(index: Index) -> dict[int, int]:
    """Return offering id → version of what is in the index, without tombstones."""
    searcher = index.searcher()
    if not searcher.num_docs:
        return {}
    return _numbers_and_versions(searcher, Query.term_query(index.schema, ALIVE, "true", "basic"), searcher.num_docs)


def _numbers_and_versions(searcher: Searcher, query: Query, most: int) -> dict[int, int]:
    found = [address for _, address in searcher.search(query, most, False).hits]
    numbers, versions = (searcher.fast_field_values(name, found) for name in ("number", "version"))
    return dict(zip(numbers, versions, strict=True))  # type: ignore[arg-type]


class Writer:
    """A writer of one index, for one batch or for a rebuild; the caller holds the folder's lock."""

    def __init__(self, folder: Path, clock: Clock, memory: int = BATCH_MEMORY) -> None:
        self.index = registered(Index.open(str(folder)))
        self._clock = clock
        self._writer = self.index.writer(memory, 1)
        self.sweep()

    def sweep(self) -> None:
        """Remove files that a killed writer left and no commit names: a later commit would fail on their names."""
        self._writer.garbage_collect_files()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self._writer.rollback()
        self.close()

    def close(self) -> None:
        """Wait until segments being merged are whole; what was not committed is gone."""
        self._writer.wait_merging_threads()

    def write(self, changes: Iterable[Change], held: Mapping[int, int]) -> Applied:
        """Add changes to the batch, leaving out those older than what is `held` (id → version, tombstones too)."""
        done: set[int] = set()
        failed: dict[int, str] = {}
        for change in changes:
            try:
                if change.version >= (known := held.get(change.offering_id, -1)):
                    self._put(change, is_known=known >= 0)
                done.add(change.offering_id)
            except (ValueError, TypeError, OverflowError) as fault:
                failed[change.offering_id] = f"Offering {change.offering_id} cannot be indexed: {fault}"
        return Applied(frozenset(done), failed)

    def _put(self, change: Change, *, is_known: bool) -> None:
        made = as_tantivy(change.document) if change.document else _tombstone(self._clock.now())
        made.add_text("id", str(change.offering_id))
        made.add_integer("number", change.offering_id)
        made.add_integer("version", change.version)
        if is_known:
            self._writer.delete_documents_by_term("id", str(change.offering_id))
        self._writer.add_document(made)

    def commit(self) -> None:
        """Let readers see the batch."""
        self._writer.commit()
        self.index.reload()

    def forget(self, offering_ids: Iterable[int]) -> None:
        """Drop offerings with their versions."""
        for id_ in offering_ids:
            self._writer.delete_documents_by_term("id", str(id_))

    def purge(self) -> None:
        """Remove tombstones older than a week."""
        before = int((self._clock.now() - TOMBSTONES_KEPT).timestamp())
        old = Query.range_query(self.index.schema, "deleted_at", TantivyType.Integer, 1, before)
        self._writer.delete_documents_by_query(old)

    def held(self, offering_ids: Iterable[int]) -> dict[int, int]:
        """Return the versions the index holds of these offerings, tombstones as well."""
        if not (wanted := [str(id_) for id_ in offering_ids]):
            return {}
        query = Query.term_set_query(self.index.schema, "id", wanted)
        return _numbers_and_versions(self.index.searcher(), query, 2 * len(wanted))


def _tombstone(now: datetime) -> TantivyDocument:
    made = TantivyDocument()
    for name, token in TOMBSTONE_WORDS.items():
        made.add_text(name, token)
    made.add_integer("deleted_at", int(now.timestamp()))
    made.add_integer("listed_until", 0)
    return made


def as_tantivy(document: Document) -> TantivyDocument:
    """Return the document as tantivy takes it, without its version."""
    made = TantivyDocument()
    for name, tokens in document.words.items():
        if tokens:
            made.add_text(name, " ".join(tokens))
    for name, values in document.keywords.items():
        for value in values if name in VALUES else ():
            made.add_text(name, value)
    _add_completions(made, document)
    for name, column in PACKED.items():
        made.add_text(column, packed(document.keywords.get(name, ())))
    made.add_text(SHORTCUTS, shortcuts(document))
    for name, numbers in document.numbers.items():
        for number in numbers:
            made.add_integer(name, number)
    made.add_text(ALIVE, "true")
    made.add_text(PLACE, place_token(document.position))
    made.add_float("merit", 2.0**document.merit - 2)  # tantivy multiplies the score by log2(2 + this)
    made.add_bytes(TITLES, json.dumps(dict(document.titles), ensure_ascii=False).encode())
    return made


def _add_completions(made: TantivyDocument, document: Document) -> None:
    """Terms, in one text, and names apart from them: so terms are walked faster."""
    both = [cut(completion) for completion in document.keywords.get("completions", ())]
    made.add_text("completions", " ".join([term for term, _ in both]))
    for called in {called for _, called in both}:
        made.add_text(NAMES, called)


class TantivyRebuild:
    """An index being built in a folder of its own; no second rebuild begins until it is committed or abandoned."""

    def __init__(self, folder: IndexFolder, clock: Clock) -> None:
        self._folder = folder
        with ExitStack() as held:
            held.enter_context(folder.rebuilding())
            self._new = folder.new()
            new_index(self._new)
            self._writer = Writer(self._new, clock, REBUILD_MEMORY)
            self._held = held.pop_all()
        self._versions: dict[int, int] = {}

    def add(self, changes: Sequence[Change]) -> Applied:
        newest = newest_of(changes)
        with explained(self._folder.root):
            applied = self._writer.write(newest.values(), self._versions)
        for id_ in applied.done:
            self._versions[id_] = max(newest[id_].version, self._versions.get(id_, -1))
        return applied

    def versions(self) -> dict[int, int]:
        with explained(self._folder.root):
            self._writer.commit()
            return versions_in(self._writer.index)

    def alone(self) -> AbstractContextManager[None]:
        """Hold the lock of the one writer, after its batch: what is written from here on waits for the swap."""
        return self._folder.writing(patiently=True)

    def commit(self) -> None:
        with self._held, explained(self._folder.root):
            self._writer.commit()
            self._writer.close()
            self._folder.swap(self._new)

    def abandon(self) -> None:
        with self._held:
            self._writer.close()
            shutil.rmtree(self._new, ignore_errors=True)
