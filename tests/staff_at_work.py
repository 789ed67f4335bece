"""Sample staff in the small city, and a browser in which one of them is signed in."""

from __future__ import annotations

from typing import Any

from city.model import Staff
from city.services.staff_access import SAMPLE_MAILBOXES
from city.store.database import Database
from fixtures.factories import NOW
from tests.page_client import PageClient

ROLES = ("editor", "publisher", "desk", "moderator", "administrator")


def lay_staff(database: Database, *, reviewed: bool = False) -> dict[str, int]:
    """Give the small city's operator its staff, its venues and its district; return role → id."""
    with database.writing() as work:
        (operator,) = work.operators.all()
        operator.district_id, operator.reviewed = "hubin", reviewed
        for venue in work.venues.all():
            venue.operator_id = operator.id
        people = {role: _staff(role, operator.id) for role in ROLES}
        for staff in people.values():
            work.staff.add(staff)
        work.flush()
        ids = {role: staff.id for role, staff in people.items()}
        work.commit()
    return ids


def _staff(role: str, operator_id: int) -> Staff:
    for_operator = role in ("editor", "publisher", "desk")
    return Staff(
        email=f"{role}{SAMPLE_MAILBOXES}", role=role, name=role.title(), created_at=NOW,
        operator_id=operator_id if for_operator else None, district_id="hubin" if role == "moderator" else None,
    )  # fmt: skip


def at_work(site: Any, staff_id: int) -> PageClient:
    """Return a browser in which that sample member of staff is signed in."""
    browser: PageClient = site.browser()
    page = browser.get("/en/o/sign-in")
    token = page.form_of("Be ")[1]["csrf_token"]
    browser.post("/en/o/sign-in/sample", {"csrf_token": token, "staff": str(staff_id)})
    return browser
