"""Addresses of citizens' pages that carry where a click came from."""

from __future__ import annotations

import flask

from city.services.enrolling import DIRECT, ListOrigin
from web.origins import origin_fields


def offering_url(offering_id: int, origin: ListOrigin = DIRECT) -> str:
    """Return the address of an offering's page, with the list and position it was found in."""
    return flask.url_for("citizens.offering", offering_id=offering_id, **origin_fields(origin))  # type: ignore[arg-type]
