"""A change in words: the difference itself is shown, not the values around it."""

from __future__ import annotations

from typing import Any

import pytest

from city.services.differences import FieldChange
from indexer.change_words import told


def meeting(day: int, starts: str | None = "19:00:00", ends: str | None = None) -> dict[str, Any]:
    return {"held_on": f"2026-12-{day:02}", "starts_local": starts, "ends_local": ends}


def price(amount: int) -> dict[str, Any]:
    return {"amount_minor": amount, "currency": "HKD", "label": {}}


LONG = "The same words again and again. " * 10


@pytest.mark.parametrize(
    ("field", "before", "after", "words"),
    [
        ("title", {"en": "Tea", "zh-Hant": "茶"}, {"en": "Coffee", "zh-Hant": "茶"}, "en was Tea, is Coffee"),
        ("title", {"en": "Tea"}, {"en": "Tea", "zh-Hant": "茶"}, "zh-Hant was nothing, is 茶"),
        ("age_min", None, 6, "was nothing, is 6"),
        ("topics", ["dance"], ["dance", "film"], "was dance, is dance, film"),
        ("prices", [price(8000)], [price(8000), price(4050)], "was 80.00 HKD, is 80.00 HKD, 40.50 HKD"),
        ("prices", [price(0)], [], "was 0.00 HKD, is nothing"),
        ("meetings", [meeting(1)], [meeting(1), meeting(2, "19:00:00", "20:30:00")],
         "1 day more: 2026-12-02 19:00–20:30 (1 day before, 2 days now)"),
        ("meetings", [meeting(day) for day in range(1, 9)], [meeting(8)],
         f"7 days fewer: {', '.join(f'2026-12-0{day} 19:00' for day in range(1, 6))}, … (8 days before, 1 day now)"),
        ("meetings", [meeting(1)], [meeting(1, None)], "1 day with other hours: 2026-12-01 (1 day before, 1 day now)"),
        ("meetings", [meeting(1)], None, "1 day fewer: 2026-12-01 19:00 (1 day before, 0 days now)"),
    ],
)  # fmt: skip
def test_a_change_is_told_short(field: str, before: Any, after: Any, words: str) -> None:
    assert told(FieldChange("7", field, before, after)) == words


def test_of_long_texts_the_place_where_they_differ_is_shown() -> None:
    words = told(FieldChange("7", "description", {"en": LONG + "Free tea."}, {"en": LONG + "Free coffee."}))
    assert words == "en was …ain and again. Free tea., is …ain and again. Free coffee."


def test_a_venues_change_and_a_field_that_a_person_edited_are_told_as_such() -> None:
    assert told(FieldChange("62", "latitude", None, 22.28, is_venue=True)) == "of the venue: was nothing, is 22.28"
    assert told(FieldChange("7", "level", "", "beginner", kept=True)).endswith("so the offering keeps its own")
