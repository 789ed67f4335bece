"""Which pages there are: one address of each kind and state, found by following links as a citizen would."""

from __future__ import annotations

from dataclasses import dataclass

from city.model import Kind
from city.store.catalogue_repositories import ListFilter
from city.store.database import Database
from fixtures.factories import NOW


@dataclass(frozen=True)
class PageKind:
    """A page by name: its path without the language, whether in the elder style, and as whom it is seen.

    `follow` picks a link to press on the page at `path`: for pages whose address only a list knows.
    """

    name: str
    path: str
    elder: bool = False
    citizen: str = ""
    status: int = 200
    follow: str = ""


def page_kinds(database: Database) -> list[PageKind]:
    """Return every kind of page with the states that look different."""
    with database.reading() as work:
        offerings = {kind: work.offerings.listable(NOW, ListFilter(kinds=frozenset({kind})), n=1)[0] for kind in Kind}
        hall = work.offerings.get(offerings[Kind.EVENT]).venue_id
    by_kind = [PageKind(f"offering, {kind}", f"/offerings/{number}") for kind, number in offerings.items()]
    return [
        PageKind("home of a stranger", "/"),
        PageKind("home of a citizen", "/", citizen="shen-moyun"),
        PageKind("search", "/search?q=calligraphy"),
        PageKind("search with filters", "/search?kind=course&free=1&daypart=evening"),
        PageKind("search without an answer", "/search?q=zzzzzz"),
        *by_kind,
        PageKind("venue", f"/venues/{hall}"),
        PageKind("areas", "/areas"),
        PageKind("area", "/areas/hubin"),
        PageKind("topic", "/topics/calligraphy"),
        PageKind("search in a district, open now", "/search?area=hubin&opennow=1"),
        PageKind("open now", "/open"),
        PageKind("saved searches, none", "/searches"),
        PageKind("saved, empty", "/saved"),
        PageKind("profile of a citizen", "/profile", citizen="shen-moyun"),
        PageKind("why this", "/", citizen="shen-moyun", follow="section[aria-labelledby=suggested] .foot a"),
        PageKind("sign-in", "/sign-in"),
        PageKind("suggestions while typing", "/suggest?q=shu"),
        PageKind("not found", "/offerings/999999", status=404),
        PageKind("accessibility", "/accessibility"),
        PageKind("privacy", "/privacy"),
        PageKind("elder home", "/e/?near=hubin", elder=True),
        PageKind("elder list", "/e/list?near=hubin&topic=calligraphy", elder=True),
        PageKind("elder offering", f"/e/offerings/{offerings[Kind.EVENT]}?near=hubin", elder=True),
        PageKind("elder, where do you live", "/e/where?topic=calligraphy", elder=True),
    ]
