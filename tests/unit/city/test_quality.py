"""The quality score: what a citizen misses is named with what would fix it."""

from __future__ import annotations

from datetime import time

from city.model import LocalisedText, Price
from city.services.quality import quality_of
from fixtures.factories import a_run, a_venue, an_offering, in_days


def test_an_offering_with_all_a_citizen_asks_has_the_full_score() -> None:
    offering = an_offering(
        summary=LocalisedText({"en": "Two hours with ink."}),
        description=LocalisedText({"en": "Bring an apron."}),
        languages=["zh"],
        venue=a_venue(access_features=["lift"]),
        price_tiers=[Price(0).as_json()],
    )
    assert quality_of(offering).score == 100
    assert quality_of(offering).missing == ()


def test_each_gap_is_named_with_its_remedy_the_dearest_first() -> None:
    offering = an_offering(
        summary=LocalisedText(), description=LocalisedText(), languages=[], price_tiers=[], venue=a_venue()
    )
    quality = quality_of(offering)
    assert quality.missing[0].part == "summary"
    assert {"price", "description", "language"} <= {gap.part for gap in quality.missing}
    assert all(gap.remedy for gap in quality.missing)
    assert quality.score < 60


def test_an_hour_that_is_not_stated_costs_points() -> None:
    stated, unknown = (an_offering(runs=[a_run(in_days(7), starts=at)]) for at in (time(9), None))
    assert quality_of(stated).score > quality_of(unknown).score
    assert "hours" in {gap.part for gap in quality_of(unknown).missing}


def test_what_does_not_apply_costs_nothing() -> None:
    online = an_offering(attendance="online", always_open=True, venue=None, runs=[])
    assert {"place", "hours", "access"}.isdisjoint({gap.part for gap in quality_of(online).missing})
    pictured = an_offering(picture={"address": "https://example.org/a.jpg", "text": {}})
    assert "picture text" in {gap.part for gap in quality_of(pictured).missing}
    assert "picture text" not in {gap.part for gap in quality_of(an_offering()).missing}
