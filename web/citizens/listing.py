"""Lists that nobody ranked for the person, as cards whose links say where they stood."""

from __future__ import annotations

from collections.abc import Iterable

from city.model import Offering
from city.services.enrolling import ListOrigin
from web.citizens.links import offering_url
from web.components.cards import Card, Viewpoint, card


def plain_cards(offerings: Iterable[Offering], view: Viewpoint, source: str) -> list[Card]:
    """Return cards of a list, in its order."""
    return [
        card(offering, view, url=offering_url(offering.id, ListOrigin(source, None, position)))
        for position, offering in enumerate(offerings, start=1)
    ]
