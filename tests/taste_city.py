"""A made-up city for tests of the model: offerings of six tastes at seven venues, citizens who keep to theirs."""

from dataclasses import dataclass

import numpy as np

from recommender.catalogue import Catalogue
from recommender.city_log import CityData, People, Places
from recommender.interactions import Interactions, training_weights
from recommender.offering_facts import OfferingFacts, catalogue_of
from recommender.vocabulary import Vocabulary

TASTES = ("calligraphy", "tai_chi", "tea", "coding", "opera", "pottery")
VENUES, DISTRICTS = 7, ("hubin", "yunling")
LAST_DAY = 20_000.0


@dataclass(frozen=True)
class Drawn:
    """The city, its facts in order, and each citizen's taste."""

    city: CityData
    facts: list[OfferingFacts]
    tastes: dict[str, str]


def an_offering_of(taste: int, offering_id: int, rng: np.random.Generator) -> OfferingFacts:
    """One offering of a taste somewhere, up to four weeks ahead or three months ago; one in ten is always open."""
    venue = int(rng.integers(VENUES))
    attributes = {
        "kind": (("course", "event")[int(rng.integers(2))],),
        "operator": (str(venue // 2),),
        "venue": (str(venue),),
        "district": (DISTRICTS[venue % 2],),
        "when": (f"{rng.integers(7)}-evening",),
        "topic": (TASTES[taste], *(("beginners",) if rng.random() < 0.3 else ())),
    }
    tokens = tuple(f"{TASTES[taste]}{rng.integers(4)}" for _ in range(3))
    starts = float("nan") if rng.random() < 0.1 else LAST_DAY + float(rng.uniform(-90, 28))
    return OfferingFacts(offering_id, attributes, tokens, starts, (30.2 + venue / 100, 120.1))


def draw_city(n_offerings: int = 120, n_citizens: int = 260, n_takings: int = 4000, seed: int = 7) -> Drawn:
    """A city whose log can be learned: nine of ten takings are of the citizen's own taste."""
    rng = np.random.default_rng(seed)
    tastes = [int(each) for each in rng.integers(len(TASTES), size=n_offerings)]
    facts = [an_offering_of(taste, number + 1, rng) for number, taste in enumerate(tastes)]
    catalogue = catalogue_of(facts)
    own = rng.integers(len(TASTES), size=n_citizens)
    charm = rng.pareto(2, n_offerings) + 0.2
    log = _log(catalogue, [_taking(rng, own, np.asarray(tastes), charm) for _ in range(n_takings)], n_citizens)
    names = {str(number): TASTES[int(taste)] for number, taste in enumerate(own)}
    labels = {number: (f"audience {taste}",) for number, taste in names.items()}
    people = People(labels, dict.fromkeys(names, (30.2, 120.1)))
    districts = {str(each.offering_id): each.attributes["district"][0] for each in facts}
    points = {str(each.offering_id): each.position for each in facts if each.position is not None}
    places = Places(districts, points, frozenset({"yunling"}))
    return Drawn(CityData(catalogue, log, people, places), facts, names)


def _taking(
    rng: np.random.Generator, own: np.ndarray, tastes: np.ndarray, charm: np.ndarray
) -> tuple[int, int, float, float]:
    """citizen, offering, moment, kind weight."""
    citizen = int(rng.integers(len(own)))
    pull = charm * np.where(tastes == own[citizen], 1.0, 0.1 / len(TASTES))
    return (
        citizen,
        int(rng.choice(len(tastes), p=pull / pull.sum())),
        LAST_DAY - float(rng.uniform(0, 120)),
        float(rng.choice([0.1, 0.5, 0.8, 1.0])),
    )


def _log(catalogue: Catalogue, takings: list[tuple[int, int, float, float]], n_citizens: int) -> Interactions:
    first = {(citizen, offering): (at, kind) for citizen, offering, at, kind in takings}
    rows, columns = (np.array([pair[side] for pair in first], dtype=np.int64) for side in (0, 1))
    at_days, fold_in = (np.array([each[side] for each in first.values()]) for side in (0, 1))
    weights = fold_in.astype(np.float32)
    verified = rows % 10 > 0
    trained = training_weights(weights, verified, rows)
    who = Vocabulary(map(str, range(n_citizens)))
    return Interactions(who, catalogue.offerings, rows, columns, trained, at_days, weights, verified)


EMPTY = draw_city(n_offerings=7, n_citizens=0, n_takings=0)
