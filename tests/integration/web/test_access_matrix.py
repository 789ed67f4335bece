"""Role by operation, every cell by a real request (reliability.md A5): who gets in, and who does not.

Rows are made from the site's own addresses: every page and button of the portal carries its operation, every other
button has its line below, and one without is a failure. Columns are everybody who may try: a visitor, citizens, staff
in each role, the same roles at another operator and in another district, and a publisher who showed the password but
not the second step. What the matrix of `city.services.permissions` allows must not be refused; all else must be.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from city.services.permissions import MATRIX, Operation, Subject, may
from tests.access_objects import Objects, Tries, lay_objects
from tests.integration.web.conftest import Site
from tests.routes import address_of, routes, unsafe_methods

WITHOUT_OBJECT = frozenset({"language", "token"})
OBJECT_IN_FORM = frozenset({"operators.save_venue"})
NOTHING_NAMED = {
    "operators.end_own_sign_in": "the form names which sign-in",
    "operators.bring_draft_back": "the form carries what was thrown away",
    "operators.as_typed": "the form carries what was typed",
    "operators.sign_in_as_sample": "the form names who one would be",
    "operators.change_second_step": "the form carries the new one",
}
"""Buttons that answer 404 to an empty form, although whoever pressed may."""

OWN, OWNED, SIGNED_IN, BY_LINK = "own", "owned", "signed in", "by link"
CITIZENS: dict[str, tuple[Operation, str]] = {
    "citizens.add_person": (Operation.TAKE_PLACE, OWN),
    "citizens.book_people": (Operation.TAKE_PLACE, OWN),
    "citizens.change_bookings": (Operation.CANCEL_PLACE, BY_LINK),
    "citizens.change_own_entry": (Operation.WITHDRAW_ENTRY, BY_LINK),
    "citizens.change_place": (Operation.CANCEL_PLACE, BY_LINK),
    "citizens.change_room_booking": (Operation.CANCEL_ROOM, BY_LINK),
    "citizens.change_wishes": (Operation.WITHDRAW_ENTRY, BY_LINK),
    "citizens.come_in": (Operation.CHECK_IN, BY_LINK),
    "citizens.come_in_by_digits": (Operation.CHECK_IN, BY_LINK),
    "citizens.confirm_search": (Operation.SAVE_SEARCH, BY_LINK),
    "citizens.end_mails": (Operation.SAVE_SEARCH, BY_LINK),
    "citizens.enter_ballot": (Operation.ENTER_BALLOT, OWN),
    "citizens.forget_search": (Operation.SAVE_SEARCH, OWNED),
    "citizens.open_by_number": (Operation.SEE_PLACE, OWN),
    "citizens.remove_person": (Operation.TAKE_PLACE, OWN),
    "citizens.rename_search": (Operation.SAVE_SEARCH, OWNED),
    "citizens.restore_search": (Operation.SAVE_SEARCH, BY_LINK),
    "citizens.save_search": (Operation.SAVE_SEARCH, OWN),
    "citizens.take_place": (Operation.TAKE_PLACE, OWN),
    "citizens.take_seat": (Operation.BOOK_ROOM, OWN),
    "elder.add_wish": (Operation.WITHDRAW_ENTRY, BY_LINK),
    "elder.change_own_entry": (Operation.WITHDRAW_ENTRY, BY_LINK),
    "elder.change_place": (Operation.CANCEL_PLACE, BY_LINK),
    "elder.enter_ballot": (Operation.ENTER_BALLOT, OWN),
    "elder.open_by_number": (Operation.SEE_PLACE, OWN),
    "elder.take_place": (Operation.TAKE_PLACE, OWN),
    "profile.add_number": (Operation.CHANGE_PROFILE, SIGNED_IN),
    "profile.change_area": (Operation.LOG_INTERACTION, OWN),
    "profile.change_hours": (Operation.LOG_INTERACTION, OWN),
    "profile.change_reach": (Operation.LOG_INTERACTION, OWN),
    "profile.do_deed": (Operation.LOG_INTERACTION, OWN),
    "profile.end_sign_in": (Operation.CHANGE_PROFILE, SIGNED_IN),
    "profile.forget": (Operation.LOG_INTERACTION, OWN),
    "profile.join_files": (Operation.MERGE_CITIZENS, SIGNED_IN),
    "profile.send_digits": (Operation.SIGN_IN, OWN),
    "profile.send_to_add": (Operation.CHANGE_PROFILE, SIGNED_IN),
    "profile.set_password": (Operation.CHANGE_PROFILE, SIGNED_IN),
    "profile.sign_in_as": (Operation.SIGN_IN_AS_SAMPLE, OWN),
    "profile.sign_in_with_digits": (Operation.SIGN_IN, OWN),
    "profile.sign_in_with_password": (Operation.SIGN_IN, OWN),
    "profile.sign_out": (Operation.SIGN_IN, OWN),
    "profile.sign_out_everywhere": (Operation.CHANGE_PROFILE, SIGNED_IN),
    "profile.switch": (Operation.LOG_INTERACTION, OWN),
    "profile.take_belongings": (Operation.CHANGE_PROFILE, SIGNED_IN),
}
"""Buttons outside the portal: the operation, and whose thing it is: one's own whoever one is, of the citizen who owns
it, of whoever is signed in, of whoever has the link."""


@dataclass(frozen=True)
class Cell:
    """One try: somebody at one address, by one method."""

    endpoint: str
    method: str
    address: str
    operation: Operation
    who: Tries
    form: dict[str, str]
    names_object: bool

    def __str__(self) -> str:
        return f"{self.who.name}: {self.method} {self.address} ({self.operation})"


class Walker:
    """Sends the tries, each on the same city: what one of them changed is put back before the next."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.objects = site, lay_objects(site)
        self._file, self._kept = folder / "city.db", folder / "kept.db"
        self._clients: dict[str, tuple[FlaskClient, str]] = {}
        self._close()
        shutil.copy(self._file, self._kept)

    def send(self, cell: Cell) -> TestResponse:
        client, token = self._client(cell.who)
        query = f"?operator={self.objects.operator_id}" if cell.who.name == "administrator" else ""
        form = {"csrf_token": token, **cell.form} if cell.method != "GET" else None
        answer = client.open(cell.address + query, method=cell.method, data=form)
        if cell.method != "GET":
            self._put_back()
        return answer

    def _client(self, who: Tries) -> tuple[FlaskClient, str]:
        """Return a browser in which somebody is signed in, as if for the first time, and its form token."""
        if who.name not in self._clients:
            client = self.site.app.test_client()
            source = client.get("/zh/o/sign-in").get_data(as_text=True)
            found = re.search(r'name="csrf_token" value="([^"]+)"', source)
            assert found
            self._clients[who.name] = client, found.group(1)
        client, token = self._clients[who.name]
        for cookie in ("staff_session", "login_session"):
            client.delete_cookie(cookie)
        if who.cookie:
            client.set_cookie(who.cookie, who.token)
        return client, token

    def _put_back(self) -> None:
        self._close()
        for beside in ("city.db-wal", "city.db-shm"):
            self._file.with_name(beside).unlink(missing_ok=True)
        shutil.copy(self._kept, self._file)

    def _close(self) -> None:
        self.site.parts.buffer.flush()
        self.site.database.dispose()


@pytest.fixture
def walker(small_site: Site, tmp_path: Path) -> Iterator[Walker]:
    yield Walker(small_site, tmp_path)


def portal_cells(site: Site, objects: Objects) -> Iterator[Cell]:
    """Yield every try at a page or button of the portal."""
    for rule in routes(site.app):
        if not rule.endpoint.startswith("operators."):
            continue
        operation = getattr(site.app.view_functions[rule.endpoint], "operation", None)
        assert operation in MATRIX, f"{rule.rule} ({rule.endpoint}) names no operation: put @guarded(…) on its view"
        yield from _cells(site, objects, rule, operation, objects.actors)


def citizen_cells(site: Site, objects: Objects) -> Iterator[tuple[Cell, str]]:
    """Yield every try at a button outside the portal, and whose thing it is about."""
    for rule in routes(site.app):
        if rule.endpoint.startswith("operators.") or not unsafe_methods(rule):
            continue
        assert rule.endpoint in CITIZENS, f"{rule.rule} ({rule.endpoint}) has no line in CITIZENS of {__name__}"
        operation, whose = CITIZENS[rule.endpoint]
        tries = tuple(who for who in objects.actors if "another o" not in who.name and "district" not in who.name)
        for cell in _cells(site, objects, rule, operation, tries):
            yield cell, whose


def _cells(site: Site, objects: Objects, rule: Rule, operation: Operation, actors: tuple[Tries, ...]) -> Iterator[Cell]:
    address = address_of(site.app, rule, objects.values | {"language": "zh"} | objects.of_route.get(rule.endpoint, {}))
    form = objects.forms.get(rule.endpoint, {})
    names_object = bool(set(rule.arguments) - WITHOUT_OBJECT) or rule.endpoint in OBJECT_IN_FORM
    methods = unsafe_methods(rule) or ["GET"]
    for method in methods:
        for who in actors:
            yield Cell(rule.endpoint, method, address, operation, who, form, names_object)


def is_asked_to_sign_in(answer: TestResponse) -> bool:
    """True when the answer is the sign-in of staff or leads there, and not because somebody has just signed out."""
    if "Clear-Site-Data" in answer.headers:
        return False
    if answer.status_code == 303:
        return "/o/sign-in" in answer.headers["Location"] or "/o/second-step" in answer.headers["Location"]
    return answer.status_code == 403 and "/o/sign-in" in answer.get_data(as_text=True)


def is_let_in(cell: Cell, answer: TestResponse) -> bool:
    """True when the answer is what somebody gets who may: a page, the next page, or what is wrong in the form."""
    if answer.status_code == 404 and cell.endpoint in NOTHING_NAMED:
        return True
    return answer.status_code in (200, 303, 400, 409, 429) and not is_asked_to_sign_in(answer)


def may_do(cell: Cell, objects: Objects) -> bool:
    """What the matrix of permissions says of a cell: about the operator's thing, or about one's own."""
    actor = cell.who.actor
    if cell.names_object:
        return may(actor, cell.operation, Subject(operator_id=objects.operator_id, district_id="hubin"))
    own = Subject(operator_id=actor.operator_id or objects.operator_id, district_id=actor.district_id or "hubin")
    return may(actor, cell.operation, own)


def test_every_door_of_the_portal_opens_to_whoever_may_and_to_nobody_else(walker: Walker) -> None:
    wrong, cells, allowed = [], 0, 0
    for cell in portal_cells(walker.site, walker.objects):
        answer, cells = walker.send(cell), cells + 1
        is_open = cell.operation == Operation.SIGN_IN
        if is_open:
            fits = answer.status_code < 500
        elif not cell.who.actor.is_staff or not cell.who.whole:
            fits = is_asked_to_sign_in(answer)
        elif may_do(cell, walker.objects):
            fits, allowed = is_let_in(cell, answer), allowed + 1
        else:
            fits = answer.status_code in (403, 404) and not is_asked_to_sign_in(answer)
        if not fits:
            wrong.append(f"{cell} answered {answer.status_code}, may: {may_do(cell, walker.objects)}")
    print(f"{cells} cells, {allowed} of them open to staff, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong)
    assert cells > 500 and 0 < allowed < cells


def test_every_button_outside_the_portal_does_it_for_whom_it_belongs_to_alone(walker: Walker) -> None:
    rules: dict[str, Callable[[Tries], bool]] = {
        OWN: lambda who: True,
        BY_LINK: lambda who: True,
        OWNED: lambda who: who.actor.citizen_id == walker.objects.citizen_id,
        SIGNED_IN: lambda who: who.actor.citizen_id is not None,
    }
    wrong, cells = [], 0
    for cell, whose in citizen_cells(walker.site, walker.objects):
        answer, cells = walker.send(cell), cells + 1
        if rules[whose](cell.who):
            fits = answer.status_code < 500 and answer.status_code not in (401, 403)
        elif whose == SIGNED_IN:
            fits = answer.status_code == 303 and "/sign-in" in answer.headers["Location"]
        else:
            fits = answer.status_code in (403, 404)
        if not fits:
            wrong.append(f"{cell} answered {answer.status_code}")
    print(f"{cells} cells, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong)


def test_nobody_publishes_into_what_another_operator_offers(walker: Walker) -> None:
    other = next(who for who in walker.objects.actors if who.name == "publisher of another operator")
    offering = str(walker.objects.values["offering_id"])
    fields = {"title": "修一盏旧台灯", "kind": "event", "day": "2026年12月5日", "hours": "晚上7点到8点半", "price": "0"}
    venue = str(walker.objects.values["venue_id"])
    form = {"key": "k", "do": "publish", "offering": offering, "venue": venue, "seats": "24", "summary": "x", **fields}
    cell = Cell("operators.publish", "POST", "/zh/o/publish", Operation.PUBLISH_OFFERING, other, form, True)
    assert walker.send(cell).status_code in (403, 404)


def test_the_walk_would_find_a_door_that_was_left_open(walker: Walker) -> None:
    """The twin: a view that forgets to ask is found by the same cells."""
    views = walker.site.app.view_functions
    guarded = views["operators.audit_log"]
    views["operators.audit_log"] = guarded.__wrapped__
    views["operators.audit_log"].operation = Operation.SEE_AUDIT_LOG
    open_to = [
        cell.who.name
        for cell in portal_cells(walker.site, walker.objects)
        if cell.endpoint == "operators.audit_log" and walker.send(cell).status_code == 200
    ]
    assert {"visitor", "citizen", "desk", "administrator"} <= set(open_to)


def test_every_operation_has_its_row() -> None:
    assert set(MATRIX) == set(Operation)
