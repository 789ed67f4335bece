"""Whatever is typed into a booking is kept cleaned or refused in words, and both databases do the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from city.errors import InvalidInput
from city.services.contacts import Asker
from city.store.database import Database
from fixtures.factories import an_area
from tests.places_to_take import Town, lay_town, phone

TEXTS = (
    "\x00", "a\x00b", "\ud800", "a\udfffb", "\u202egnp.exe", "\u200b\u200d", "\ufeffname", "\x1b[31m", "\x7f", "\u2028",
    "e\u0301", "\U0001f600", "𠮷野", "ﷺ" * 80, "x" * 81, "x" * 10_000_000, "a\r\nBcc: x@example.org",
    "'; DROP TABLE run;--",
    "%s%n{0}", "=1+1", "NaN", "null", "2147483648", "9223372036854775808", "1e400", "-0", "٣", "１２３", "\t", "   ",
)  # fmt: skip
NUMBERS = (-1, 0, 201, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 2**70, float("nan"), float("inf"))
KEPT, REFUSED = 83, 237
"""The same on both databases; a value that one of them alone takes changes these."""
TEXT_FIELDS = (
    "name", "phone", "email", "language", "channel", "group_kind", "helper_name", "helper_phone", "area_id",
)  # fmt: skip


def askers() -> Iterator[Asker]:
    plain = Asker(name="沈云", phone=phone(1), area_id="liupu", birth_year=1990)
    values: list[tuple[str, Any]] = [(field, text) for field in TEXT_FIELDS for text in TEXTS]
    values += [("companions", (text,)) for text in TEXTS]
    values += [(field, number) for field in ("party_size", "birth_year") for number in NUMBERS]
    for field, value in values:
        yield replace(plain, **{field: value})


@pytest.fixture
def town(database: Database) -> Town:
    """A run on which every field is read: ages are limited, and residents come first."""
    town = lay_town(database, seats=None, most_in_party=200)
    with database.writing() as work:
        work.areas.add(an_area("liupu"))
        run = work.enrolments.run(town.run_id)
        assert run is not None
        run.residents_area_id, run.offering.age_min = "liupu", 6
        work.commit()
    return town


def test_odd_values_are_kept_cleaned_or_refused_in_words(town: Town) -> None:
    kept = refused = 0
    for number, asker in enumerate(askers()):
        try:
            taken = town.enrolling.take_place(town.desk, town.run_id, key=f"k{number}", asker=asker)
        except InvalidInput as wrong:
            assert wrong.field and str(wrong), asker
            refused += 1
            continue
        place, clean = town.place(taken.enrolment_id), asker.checked()
        told = (place.contact_name, place.contact_phone, place.contact_email, tuple(place.companions))
        assert told == (clean.name, clean.phone, clean.email, clean.companions)
        assert (place.helper_name, place.helper_phone, place.party_size) == (
            clean.helper_name,
            clean.helper_phone,
            clean.party_size,
        )
        town.enrolling.cancel_place(town.desk, taken.enrolment_id)
        kept += 1
    assert (kept, refused) == (KEPT, REFUSED)
