"""What every engine does alike with a batch of changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from indexer.engines.protocol import Change

Item = TypeVar("Item")


def newest_of(changes: Iterable[Change]) -> dict[int, Change]:
    """Return the newest change of each offering; of two of one version the later."""
    newest: dict[int, Change] = {}
    for change in changes:
        known = newest.get(change.offering_id)
        if known is None or change.version >= known.version:
            newest[change.offering_id] = change
    return newest


def some_at_a_time(items: Iterable[Item], n: int) -> Iterator[list[Item]]:
    """Yield the items in lists of `n`, the last one shorter."""
    rest = iter(items)
    while some := list(islice(rest, n)):
        yield some
