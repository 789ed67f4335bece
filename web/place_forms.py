"""The form by which somebody asks for a place: what it asks, what was typed, and every slip of it in words at once.

Owns: `Needs` (what has to be asked of this person for this run), `PlaceForm` (what was typed, kept as it was), and the
sentence for each slip with an example of what is right. Refuses nothing itself that the services decide. Called by
`place_asking` for both views and by the pages of a helper.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from city.errors import InvalidInput, LearncityError
from city.localised import LocalisedText
from city.model import Channel, GroupKind, Run
from city.model.contact import LONGEST_NAME
from city.phones import EXAMPLE, phone_number
from city.services.contacts import Asker
from city.services.place_rules import needs_area, needs_birth_year
from city.text import clean_line
from web.access import Person
from web.addresses import current_language
from web.language import gettext, message
from web.parts import parts
from web.places import KnownPhone

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
OLDEST_YEARS = 120
NAMES_APART = re.compile(r"[,，、;；\n]+")
LONGEST_NAMES = 600
LANGUAGES = ("zh", "en")

SLIPS = {
    "The phone number has too few digits.": message(
        "The phone number has too few digits. Write 11 digits, like %(example)s."
    ),
    "The phone number has too many digits.": message(
        "The phone number has too many digits. Write 11 digits, like %(example)s."
    ),
    "This is no phone number.": message("This is no phone number. Write 11 digits, like %(example)s."),
    "A phone number is needed, so that we can reach you.": message(
        "We need a phone number to reach you. Write 11 digits, like %(example)s."
    ),
}


@dataclass(frozen=True)
class Needs:
    """What the form has to ask. A question that nothing needs is not put."""

    phone: bool = True
    whom: bool = False
    birth_year: bool = False
    area: bool = False
    most: int = 1
    """How many people one booking may hold; 1: that is not asked."""


@dataclass(frozen=True)
class PlaceForm:
    """What was typed, field by field, as it was typed."""

    key: str = ""
    phone: str = ""
    whom: str = ""
    party: str = "1"
    names: str = ""
    birth_year: str = ""
    area: str = ""
    language: str = "zh"
    wait: bool = False
    other: bool = False
    """True when the person said: this remembered number is not mine."""

    @classmethod
    def read(cls, values: Mapping[str, str], language: str) -> PlaceForm:
        """Read a form, or the questions an address asks for."""
        wanted = values.get("language", "")
        return cls(
            key=values.get("key", ""),
            phone=values.get("phone", ""),
            whom=values.get("whom", ""),
            party=values.get("party", "1"),
            names=values.get("names", ""),
            birth_year=values.get("birth_year", ""),
            area=values.get("area", ""),
            language=wanted if wanted in LANGUAGES else language,
            wait=values.get("wait") == "1",
            other=values.get("other") == "1",
        )

    def with_key(self, key: str) -> PlaceForm:
        return replace(self, key=key)

    def asker(self, known: KnownPhone | None, helper: str) -> Asker:
        """Return what the form says, for the service; `helper` is what a helper is called who gave no name."""
        return Asker(
            name=self.whom,
            phone=known.number if known is not None else self.phone,
            language=self.language,
            channel=Channel.SCREEN,
            party_size=int(self.party or 1),
            companions=self.companions(),
            group_kind=GroupKind.FAMILY if self.companions() else GroupKind.NONE,
            helper_name=helper if self.whom else "",
            birth_year=int(self.birth_year) if self.birth_year else None,
            area_id=self.area or None,
        )

    def companions(self) -> tuple[str, ...]:
        """Return the names of those who come along, however they were set apart."""
        return tuple(name.strip() for name in NAMES_APART.split(self.names) if name.strip())


def needs_of(run: Run, person: Person, *, phone: bool, whom: bool) -> Needs:
    """Return what has to be asked of the person for a place on the run; of somebody else (`whom`) all of it."""
    citizen, clock = None if whom else person.citizen, parts().clock
    now = clock.now()
    return Needs(
        phone=phone or whom,
        whom=whom,
        birth_year=needs_birth_year(run, citizen, now, clock.zone),
        area=needs_area(run, citizen, now),
        most=run.most_in_party,
    )


def said_in(fault: LearncityError) -> str:
    """Return what a service refused, in the page's language; one without words of its own is looked up."""
    said = getattr(fault, "said", None)
    return LocalisedText(said).best(current_language())[0] if said else gettext(str(fault))


def slips(form: PlaceForm, needs: Needs, areas: Callable[[str], bool], this_year: int) -> list[tuple[str, str]]:
    """Return every slip of a form as (field, sentence), in the order of the page."""
    return [*_slips(form, needs, areas, this_year)]


def slip_of(fault: InvalidInput) -> tuple[str, str]:
    """Return what a service refused as (field, sentence)."""
    field = {"party_size": "party", "companions": "names", "name": "whom", "area_id": "area"}.get(
        fault.field, fault.field
    )
    return field or "phone", _said(fault)


def phone_slip(text: str) -> str:
    """Return what is wrong with a number, "" when nothing is."""
    if not text.strip():
        return gettext("We need a phone number to reach you. Write 11 digits, like %(example)s.", example=EXAMPLE)
    try:
        phone_number(text)
    except InvalidInput as fault:
        return _said(fault)
    return ""


def name_slip(text: str) -> str:
    """Return what is wrong with a name, "" when nothing is."""
    try:
        clean_line(text, longest=LONGEST_NAME)
    except InvalidInput:
        return gettext("This name is too long. %(most)s letters are enough.", most=LONGEST_NAME)
    return ""


def year_slip(text: str, this_year: int) -> str:
    """Return what is wrong with a year of birth, "" when nothing is."""
    if re.fullmatch("[0-9]{4}", text.strip()) and this_year - OLDEST_YEARS <= int(text) <= this_year:
        return ""
    return gettext("Write the year of birth in four digits, like 1958.")


def _slips(form: PlaceForm, needs: Needs, areas: Callable[[str], bool], this_year: int) -> Iterator[tuple[str, str]]:
    if needs.whom and not form.whom.strip():
        yield "whom", gettext("Write for whom the place is, like: my mother.")
    elif wrong := name_slip(form.whom):
        yield "whom", wrong
    if needs.phone and (wrong := phone_slip(form.phone)):
        yield "phone", wrong
    if needs.birth_year and (wrong := year_slip(form.birth_year, this_year)):
        yield "birth_year", wrong
    if needs.area and not areas(form.area):
        yield "area", gettext("Choose the place where you live.")
    yield from _slips_of_party(form, needs)


def _slips_of_party(form: PlaceForm, needs: Needs) -> Iterator[tuple[str, str]]:
    if not re.fullmatch("[0-9]{1,3}", form.party) or not 1 <= int(form.party) <= needs.most:
        yield "party", gettext("Choose how many of you come, from 1 to %(most)s.", most=needs.most)
    elif len(form.names) > LONGEST_NAMES or any(name_slip(name) for name in form.companions()):
        yield "names", gettext("This name is too long. %(most)s letters are enough.", most=LONGEST_NAME)
    elif 1 + len(form.companions()) > needs.most:
        yield "names", gettext("At most %(most)s of you can come on one booking.", most=needs.most)


def _said(fault: InvalidInput) -> str:
    """Return a refusal in the page's language; one without words of its own says what would be right."""
    if str(fault) in SLIPS:
        return gettext(SLIPS[str(fault)], example=EXAMPLE)
    return said_in(fault)
