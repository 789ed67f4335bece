"""What stands of a log, and how much it counts."""

from datetime import UTC, datetime, timedelta

import numpy as np

from city.store.interaction_repositories import InteractionRow
from recommender.city_log import CityData, People, Places, interactions_of, last_slice
from recommender.interactions import Interactions
from recommender.offering_facts import OfferingFacts, catalogue_of, days_of
from recommender.vocabulary import Vocabulary

START = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
OFFERINGS = Vocabulary(["1", "2", "3"])


def log_of(*rows: tuple[int, int, str], confirmed: bool = True) -> Interactions:
    told = [
        InteractionRow(citizen, offering, kind, START + timedelta(hours=number), confirmed)
        for number, (citizen, offering, kind) in enumerate(rows)
    ]
    return interactions_of(told, OFFERINGS)


def pairs(log: Interactions) -> dict[tuple[str, str], float]:
    rows = zip(log.citizen_rows, log.offering_rows, log.fold_in, strict=True)
    return {(log.citizens.ids[c], log.offerings.ids[o]): round(float(w), 3) for c, o, w in rows}


def test_a_pair_counts_once_by_the_strongest_that_was_done() -> None:
    log = log_of((1, 1, "view"), (1, 1, "save"), (1, 1, "view"), (2, 1, "enrol"), (2, 1, "attend"))
    assert pairs(log) == {("1", "1"): 0.5, ("2", "1"): 1.0}
    assert log.at_days.tolist() == [days_of(START + timedelta(hours=1)), days_of(START + timedelta(hours=4))]


def test_a_save_taken_back_is_no_save_and_a_cancelled_place_no_place() -> None:
    log = log_of((1, 1, "view"), (1, 1, "save"), (1, 1, "unsave"), (2, 2, "enrol"), (2, 2, "cancel"))
    assert pairs(log) == {("1", "1"): 0.1}


def test_a_save_made_again_stands() -> None:
    assert pairs(log_of((1, 1, "save"), (1, 1, "unsave"), (1, 1, "save"))) == {("1", "1"): 0.5}


def test_what_a_citizen_wants_less_of_is_no_taste_until_that_is_taken_back() -> None:
    assert pairs(log_of((1, 1, "save"), (1, 1, "dismiss"))) == {}
    assert pairs(log_of((1, 1, "save"), (1, 1, "dismiss"), (1, 1, "undismiss"))) == {("1", "1"): 0.5}


def test_offerings_that_are_gone_are_left_out() -> None:
    assert pairs(log_of((1, 9, "save"), (1, 2, "view"))) == {("1", "2"): 0.1}


def test_an_account_nobody_verified_counts_a_tenth_in_training_and_in_full_in_its_own_profile() -> None:
    log = log_of((1, 1, "save"), confirmed=False)
    assert pairs(log) == {("1", "1"): 0.5}
    np.testing.assert_allclose(log.weights, [0.05])
    assert log.people().tolist() == [0, 0, 0] and log.counts().tolist() == [1, 0, 0]


def test_who_attended_is_verified_by_it() -> None:
    log = log_of((1, 1, "view"), (1, 2, "attend"), confirmed=False)
    np.testing.assert_allclose(sorted(log.weights), [0.1, 1.0])
    assert log.people().tolist() == [1, 1, 0]


def test_an_empty_log_has_no_citizens() -> None:
    log = log_of()
    assert len(log) == 0 and len(log.citizens) == 0 and log.matrix().shape == (0, 3)


def test_the_last_slice_holds_the_last_two_weeks_and_the_catalogue_as_it_was() -> None:
    rows = [(1, 1, 0), (2, 2, 3), (1, 2, 30)]
    told = [InteractionRow(c, o, "save", START + timedelta(days=day), True) for c, o, day in rows]
    facts = [OfferingFacts(number, {"topic": (f"t{number % 2}",)}, (), float("nan")) for number in (1, 2, 3)]
    catalogue = catalogue_of(facts)
    folder = last_slice(CityData(catalogue, interactions_of(told, catalogue.offerings), People(), Places()))
    assert folder.catalogue.offerings.ids == ("1", "2")
    assert len(folder.train) == 2 and len(folder.test) == 1
