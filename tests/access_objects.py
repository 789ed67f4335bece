"""One of everything an operator has, for the matrix of access: who owns it, and whoever may come to it.

Owns: `lay_objects`, which gives the small city's operator a draft, a room, somebody who works there, an invitation,
and lays a second operator and a second district beside it; and `ACTORS`, everybody who may try a door.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from city.clock import SystemClock
from city.model import Draft, LocalisedText, Operator, SavedSearch, StaffLoginSession, Status, StudyRoom
from city.model.people import Role
from city.services.contacts import Asker
from city.services.permissions import Actor, ActorRole
from city.services.staff_access import hash_of
from city.services.staff_keeping import Invitation
from city.tokens import Tokens
from fixtures.factories import NOW, SHANGHAI, a_run, in_days
from tests.small_ballot import Ballotry
from tests.staff_members import add_staff


@dataclass(frozen=True)
class Tries:
    """Somebody who tries: by which cookie, and as what the rules see them; `whole` is False without second factor."""

    name: str
    cookie: str
    token: str
    actor: Actor
    whole: bool = True


@dataclass(frozen=True)
class Objects:
    """Values for the variables of addresses, by name and by endpoint; and everybody who tries."""

    values: dict[str, Any]
    of_route: dict[str, dict[str, Any]]
    actors: tuple[Tries, ...]
    operator_id: int
    other_id: int
    citizen_id: int
    forms: dict[str, dict[str, str]]


def lay_objects(site: Any) -> Objects:
    """Lay one of everything and sign everybody in."""
    database = site.database
    with database.writing() as work:
        (own,) = work.operators.all()
        own.district_id, own.reviewed = "hubin", True
        other = Operator(
            slug="other", name=LocalisedText({"zh-Hans": "另一家", "en": "Another"}), district_id="yunling"
        )
        work.operators.add(other)
        for venue in work.venues.all():
            venue.operator_id = own.id
        library = work.venues.get(site.city.venues["library"])
        room = StudyRoom(name=LocalisedText({"zh-Hans": "自习室"}), seat_count=8)
        work.venues.read_rooms(library)
        library.study_rooms.append(room)
        waiting = work.offerings.get(site.city.offerings["far"])
        waiting.status = Status.IN_REVIEW
        draft = Draft(operator_id=own.id, values={"title": "x"}, created_at=NOW, updated_at=NOW)
        work.drafts.add(draft)
        later = a_run(in_days(30))
        pottery = work.offerings.get(site.city.offerings["pottery"])
        pottery.runs.append(later)
        kept = SavedSearch(citizen_id=site.city.citizens["shen"], name="x", language="zh", created_at=NOW)
        work.saved_searches.add(kept)
        work.flush()
        run = work.enrolments.run(site.city.runs["brush"])
        ids = {
            "venue_id": library.id,
            "room_id": room.id,
            "draft_id": draft.id,
            "saved_search_id": kept.id,
            "run_id": run.id,
            "meeting_id": run.class_sessions[0].id,
            "offering_id": site.city.offerings["brush"],
            "operator_id": own.id,
        }
        later_id = later.id
        own_id, other_id, waiting_id = own.id, other.id, waiting.id
        work.commit()
    draw = Ballotry(database, own_id, [later_id])
    ballot = draw.office.prepare(Actor.system(), own_id, draw.plan())
    staff = _staff(database, own_id, other_id)
    made = site.parts.staff_keeping.invite(Actor.system(), Invitation("new@library.example", "desk", own_id))
    place = site.parts.enrolling.take_place(
        Actor.citizen(site.city.citizens["shen"]), ids["run_id"], key="k", asker=Asker(name="林和", phone="13800138000")
    ).enrolment_id
    ids |= {"ballot_id": ballot, "staff_id": staff["editor"][0], "invitation_id": made.id}
    place_token = Tokens(site.parts.settings.signing_key()).make("place", str(place))
    return Objects(
        values=ids,
        of_route={
            "operators.invitation": {"token": made.link.rpartition("/")[2]},
            "operators.take_up_invitation": {"token": made.link.rpartition("/")[2]},
            "operators.look_at_offering": {"offering_id": waiting_id},
            "operators.decide": {"offering_id": waiting_id},
            "citizens.change_place": {"token": place_token, "deed": "cancel"},
            "elder.change_place": {"token": place_token, "deed": "cancel"},
        },
        actors=(*_citizens(site), *_signed_in(database, staff)),
        operator_id=own_id,
        other_id=other_id,
        citizen_id=site.city.citizens["shen"],
        forms={
            "operators.save_venue": {"venue": str(ids["venue_id"])},
            "operators.publish": {"key": "a-key", "operator": str(own_id), "title": "x", "do": "keep"},
            "operators.move_meeting": {"held_on": in_days(4).isoformat(), "starts": "10:00", "ends": "11:00"},
            "operators.mark": {"place": str(place), "point": f"session:{ids['meeting_id']}", "count": "1"},
            "operators.told": {"place": str(place)},
            "operators.reveal_value": {"value": "3127.40"},
            "operators.call_off_ballot": {"number": str(ballot), "reason": "x"},
            "operators.resize": {"seat_count": "20"},
            "operators.call_off_run": {"people_count": "1", "reason": "x"},
            "operators.decide": {"decision": "return", "reason": "x"},
            "citizens.rename_search": {"name": "y"},
        },
    )


def _staff(database: Any, own: int, other: int) -> dict[str, tuple[int, Actor]]:
    """Lay everybody who works: in each role for the operator or the city, and the same elsewhere."""
    wanted = {
        "editor": (Role.EDITOR, own, None),
        "publisher": (Role.PUBLISHER, own, None),
        "desk": (Role.DESK, own, None),
        "moderator": (Role.MODERATOR, None, "hubin"),
        "planner": (Role.PLANNER, None, None),
        "administrator": (Role.ADMINISTRATOR, None, None),
        "editor of another operator": (Role.EDITOR, other, None),
        "publisher of another operator": (Role.PUBLISHER, other, None),
        "desk of another operator": (Role.DESK, other, None),
        "moderator of another district": (Role.MODERATOR, None, "yunling"),
    }
    found = {}
    for name, (role, operator_id, district_id) in wanted.items():
        id_ = add_staff(database, role, operator_id=operator_id, district_id=district_id, name=name)
        found[name] = id_, Actor(ActorRole(role), staff_id=id_, operator_id=operator_id, district_id=district_id)
    return found


def _signed_in(database: Any, staff: dict[str, tuple[int, Actor]]) -> list[Tries]:
    tries = [_begin(database, name, id_, actor) for name, (id_, actor) in staff.items()]
    id_, actor = staff["publisher"]
    return [*tries, _begin(database, "publisher without the second step", id_, actor, whole=False)]


def _begin(database: Any, name: str, staff_id: int, actor: Actor, *, whole: bool = True) -> Tries:
    token, now = f"token of {name}", SystemClock(SHANGHAI).now()
    with database.writing() as work:
        work.staff_login_sessions.add(
            StaffLoginSession(
                token_sha256=hash_of(token), staff_id=staff_id, created_at=now, seen_at=now,
                expires_at=now + timedelta(hours=12), second_factor_at=now if whole else None,
            )
        )  # fmt: skip
        work.commit()
    return Tries(name, "staff_session", token, actor, whole)


def _citizens(site: Any) -> list[Tries]:
    found = [Tries("visitor", "", "", Actor.visitor())]
    for slug, name in (("shen", "citizen"), ("lin", "another citizen")):
        token = site.parts.signing_in.sign_in_as_sample(Actor.visitor(), slug)
        found.append(Tries(name, "login_session", token, Actor.citizen(site.city.citizens[slug])))
    return found
