"""Who asks for a place, a seat or a draw: what was typed, checked once, and the person's file it belongs to.

Owns: `Asker`, and "one person, one file": a phone number leads to one Citizen, signed in or not. Called by enrolling,
room booking and balloting. A visitor who types a number sees nothing of what else is under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from city.errors import InvalidInput
from city.mail import mailbox
from city.model import Channel, Citizen, GroupKind, LocalisedText
from city.model.contact import LONGEST_NAME, Contact
from city.phones import phone_number
from city.services.permissions import Actor, ActorRole
from city.store.unit_of_work import UnitOfWork
from city.text import clean_line

LARGEST_PARTY = 200
LONGEST_AREA_ID = 64
LANGUAGES = ("zh", "en")
CHANNELS_OF_STAFF = frozenset({Channel.PHONE, Channel.DESK, Channel.PAPER})


@dataclass(frozen=True)
class Asker:
    """What a form says of whoever asks; everything may be empty where the person is signed in.

    `birth_year` and `area_id` are asked only where a limit needs them, and are not kept with the place.
    """

    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = "zh"
    channel: Channel = Channel.SCREEN
    party_size: int = 1
    companions: tuple[str, ...] = ()
    group_kind: GroupKind = GroupKind.NONE
    helper_name: str = ""
    helper_phone: str = ""
    birth_year: int | None = None
    area_id: str | None = None

    def checked(self) -> Asker:
        """Return it in the form in which it is kept; raises InvalidInput naming the field."""
        _refuse_unknown(self.language, LANGUAGES, "language")
        _refuse_unknown(self.channel, tuple(Channel), "channel")
        _refuse_unknown(self.group_kind, tuple(GroupKind), "group_kind")
        companions = tuple(_name(each, "companions") for each in self.companions if each.strip())
        size = max(self.party_size, 1 + len(companions))
        if not 1 <= self.party_size <= LARGEST_PARTY or size > LARGEST_PARTY:
            raise InvalidInput(
                "That is no number of people.",
                field="party_size",
                value=self.party_size,
                remedy=f"a number from 1 to {LARGEST_PARTY}",
            )
        return replace(
            self,
            name=_name(self.name, "name"),
            phone=phone_number(self.phone) if self.phone.strip() else "",
            email=mailbox(self.email) if self.email.strip() else "",
            helper_name=_name(self.helper_name, "helper_name"),
            helper_phone=phone_number(self.helper_phone, field="helper_phone") if self.helper_phone.strip() else "",
            companions=companions,
            party_size=size,
            area_id=clean_line(self.area_id, field="area_id", longest=LONGEST_AREA_ID) if self.area_id else None,
        )

    def essence(self) -> dict[str, object]:
        """Return what makes a repeated request the same one."""
        return {"phone": self.phone, "name": self.name, "party": self.party_size, "with": list(self.companions)}


def file_of(work: UnitOfWork, actor: Actor, asker: Asker, now: datetime) -> Citizen:
    """Return the Citizen the request is for, made when the number is new; `asker` is checked.

    A signed-in citizen asks for the own file, unless it is a helper who gives somebody else's phone. Staff may book
    for somebody without a phone, who then has only the booking number. Raises InvalidInput when a visitor gives none.
    """
    if actor.role == ActorRole.CITIZEN and actor.citizen_id is not None and not asker.helper_name:
        return work.citizens.get(actor.citizen_id)
    if not asker.phone and not actor.is_staff:
        raise InvalidInput("A phone number is needed, so that we can reach you.", field="phone", remedy="11 digits")
    found = work.citizens.by_phone(asker.phone) if asker.phone else None
    if found is None:
        found = Citizen(
            name=LocalisedText({"und": asker.name} if asker.name else {}), phone=asker.phone or None, created_at=now
        )
        work.citizens.add(found)
        work.flush()
    return found


def write_contact(row: Contact, asker: Asker, citizen: Citizen, actor: Actor) -> None:
    """Write how the person is reached into a place, a booking or an entry; the file's own phone and mail fill gaps."""
    row.party_size, row.companions, row.group_kind = asker.party_size, list(asker.companions), asker.group_kind
    row.channel = _channel(asker, actor)
    row.contact_name = asker.name
    row.contact_phone = asker.phone or citizen.phone or ""
    row.contact_email = asker.email or citizen.email or ""
    row.language = asker.language
    row.helper_name, row.helper_phone = asker.helper_name, asker.helper_phone
    row.booked_by_id = actor.staff_id


def _channel(asker: Asker, actor: Actor) -> Channel:
    """Return through which door it came; only staff says that it was the desk, the phone or paper."""
    if asker.helper_name:
        return Channel.HELPER
    return Channel.SCREEN if asker.channel in CHANNELS_OF_STAFF and not actor.is_staff else asker.channel


def _refuse_unknown(value: str, known: Sequence[str], field: str) -> None:
    if value not in known:
        remedy = "one of " + ", ".join(str(each) or '""' for each in known)
        raise InvalidInput("The form holds something that is not known here.", field=field, value=value, remedy=remedy)


def copy_contact(row: Contact, former: Contact) -> None:
    """Write into a row all that a former one says of whoever asked, but not its number."""
    for column in Contact.__annotations__.keys() - {"number"}:
        setattr(row, column, getattr(former, column))


def _name(text: str, field: str) -> str:
    return clean_line(text, field=field, longest=LONGEST_NAME)
