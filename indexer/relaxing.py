"""Which single filter an empty answer should drop: every filter that was set, and the request without it. Pure.

Owns: what counts as one filter of a SearchRequest and how its value is named. Called by `indexer.helping`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from city.ports import SearchRequest

SETS = (
    "kinds",
    "topics",
    "audiences",
    "areas",
    "venues",
    "operators",
    "weekdays",
    "dayparts",
    "attendance",
    "languages",
    "access",
)
SWITCHES = ("only_free", "only_open", "open_now")
VALUES = ("from_on", "to_on", "max_price_minor", "within_minutes")


@dataclass(frozen=True)
class Relaxed:
    """A request without one of its filters: the field, its value ("" when it had several), and what is then asked."""

    field: str
    value: str
    request: SearchRequest


def relaxed(request: SearchRequest) -> Iterator[Relaxed]:
    """Yield the request without each filter that was set; several values of one field are one filter."""
    for name in SETS:
        if values := getattr(request, name):
            yield _without(request, name, frozenset(), str(min(values)) if len(values) == 1 else "")
    for name in SWITCHES:
        if getattr(request, name):
            yield _without(request, name, False, "1")
    for name in VALUES:
        if (value := getattr(request, name)) is not None:
            yield _without(request, name, None, str(value))
    if request.free_hours:
        yield _without(request, "free_hours", (), "")
    if request.text.strip() and has_filters(request):
        yield _without(request, "text", "", request.text)


def has_filters(request: SearchRequest) -> bool:
    """True when anything beside the text narrows the request."""
    return without_filters(request) != replace(request, page=1)


def without_filters(request: SearchRequest) -> SearchRequest:
    """Return the request with its text, order and place alone."""
    return SearchRequest(text=request.text, near=request.near, sort=request.sort, per_page=request.per_page)


def _without(request: SearchRequest, name: str, empty: Any, value: str) -> Relaxed:
    return Relaxed(name, value, replace(request, **{name: empty, "page": 1}))
