"""Staff for tests of the portal: `add_staff(database, role)` lays one, `enter(browser, id)` signs in as that one."""

from __future__ import annotations

from city.model import Staff
from city.model.people import Role
from city.services.staff_access import SAMPLE_MAILBOXES
from city.store.database import Database
from fixtures.factories import NOW
from tests.page_client import Page, PageClient, fields_of


def add_staff(
    database: Database, role: Role, *, operator_id: int | None = None, district_id: str | None = None, name: str = ""
) -> int:
    """Lay a sample member of staff and return the id."""
    with database.writing() as work:
        number = len(work.staff.all()) + 1
        staff = Staff(
            email=f"{role}-{number}{SAMPLE_MAILBOXES}",
            role=role,
            name=name or f"{role}-{number}",
            operator_id=operator_id,
            district_id=district_id,
            created_at=NOW,
        )
        work.staff.add(staff)
        work.flush()
        found = staff.id
        work.commit()
        return found


def enter(browser: PageClient, staff_id: int, *, language: str = "zh") -> Page:
    """Sign in as that sample member, by the button of the page, and return the overview."""
    page = browser.get(f"/{language}/o/sign-in")
    forms = [form for form in page.all("form") if fields_of(form).get("staff") == str(staff_id)]
    assert forms, f"no sample member {staff_id} to be"
    return browser.post(forms[0].get("action", ""), fields_of(forms[0]))
