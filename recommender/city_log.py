"""The city's own log and catalogue, read for training: what stands of what people did, and how much it counts.

Owns: what is taken back and what stands, who is verified, kind weights by pair, the cut of the log for judging.
Refuses: nothing; rows of offerings that are gone are left out. Called by: training and `learncity evaluate --log`.

A pair of citizen and offering counts once, by the strongest thing that stands: a save taken back is no save, a
cancelled place no place, and what a citizen wants less of is no taste at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from city.model import InteractionKind
from city.model.interaction import KIND_WEIGHTS, TAKEN_BACK_BY
from city.store.database import Database
from city.store.interaction_repositories import InteractionRow
from city.store.unit_of_work import UnitOfWork
from recommender.catalogue import Catalogue
from recommender.folder import Folder
from recommender.interactions import Interactions, training_weights
from recommender.offering_facts import OfferingFacts, all_facts, catalogue_of, days_of
from recommender.pipeline import WINDOW_DAYS, end_of
from recommender.vocabulary import Vocabulary

Point = tuple[float, float]
GIVES_BACK = {undo: kind for kind, undo in TAKEN_BACK_BY.items()}


@dataclass(frozen=True)
class People:
    """What slices of a report need of citizens, by id as text: labels they belong to, and where they live."""

    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    homes: Mapping[str, Point] = field(default_factory=dict)


@dataclass(frozen=True)
class Places:
    """What a report needs of offerings, by id as text: district and point; and which districts are under-served."""

    districts: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, Point] = field(default_factory=dict)
    under_served: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CityData:
    """Everything training sees."""

    catalogue: Catalogue
    log: Interactions
    people: People
    places: Places


def read_city(database: Database, now: datetime) -> CityData:
    """Read offerings, log and citizens in one transaction."""
    with database.reading() as work:
        facts = list(all_facts(work, now))
        catalogue = catalogue_of(facts)
        log = interactions_of(work.interactions.log(), catalogue.offerings)
        return CityData(catalogue, log, _people(work), _places(work, facts))


def interactions_of(rows: Iterable[InteractionRow], offerings: Vocabulary) -> Interactions:
    """The log as weighted pairs; rows must come in order of time."""
    standing, verified = _Standing(), set[int]()
    for row in rows:
        if row.confirmed or row.kind == InteractionKind.ATTEND:
            verified.add(row.citizen_id)
        if str(row.offering_id) in offerings:
            standing.take(row)
    return _weighted(standing, verified, offerings)


@dataclass
class _Standing:
    """What stands of each pair: kind → moment in days, and which pairs the citizen wants less of."""

    kinds: dict[tuple[int, int], dict[str, float]] = field(default_factory=dict)
    unwanted: set[tuple[int, int]] = field(default_factory=set)

    def take(self, row: InteractionRow) -> None:
        """Follow one row of the log."""
        pair, kind = (row.citizen_id, row.offering_id), InteractionKind(row.kind)
        if kind == InteractionKind.DISMISS:
            self.unwanted.add(pair)
        elif kind == InteractionKind.UNDISMISS:
            self.unwanted.discard(pair)
        elif kind in GIVES_BACK:
            self.kinds.get(pair, {}).pop(GIVES_BACK[kind], None)
        else:
            self.kinds.setdefault(pair, {})[kind] = days_of(row.happened_at)

    def pairs(self) -> list[tuple[int, int, float, float]]:
        """citizen, offering, weight and moment of the strongest kind that stands."""
        found = []
        for pair, kinds in self.kinds.items():
            if kinds and pair not in self.unwanted:
                best = max(kinds, key=lambda kind: KIND_WEIGHTS[InteractionKind(kind)])
                found.append((*pair, KIND_WEIGHTS[InteractionKind(best)], kinds[best]))
        return found


def _weighted(standing: _Standing, verified: set[int], offerings: Vocabulary) -> Interactions:
    pairs = standing.pairs()
    who = Vocabulary(str(each) for each in sorted({pair[0] for pair in pairs}))
    citizen_rows = who.rows([str(pair[0]) for pair in pairs])
    offering_rows = offerings.rows([str(pair[1]) for pair in pairs])
    fold_in = np.asarray([pair[2] for pair in pairs], dtype=np.float32)
    trusted = np.asarray([pair[0] in verified for pair in pairs], dtype=bool)
    at_days = np.asarray([pair[3] for pair in pairs], dtype=np.float64)
    weights = training_weights(fold_in, trusted, citizen_rows)
    return Interactions(who, offerings, citizen_rows, offering_rows, weights, at_days, fold_in, trusted)


def _people(work: UnitOfWork) -> People:
    """Labels (district, decade of birth, audiences) and homes of all citizens."""
    areas = {area.id: area for area in work.areas.all()}
    districts = {each: (area.district() or area).id for each, area in areas.items()}
    labels: dict[str, tuple[str, ...]] = {}
    homes: dict[str, Point] = {}
    for row in work.citizens.traits():
        found = [f"district {districts[row.area_id]}"] if row.area_id in districts else []
        found += [f"born {row.birth_year_from}s"] if row.birth_year_from is not None else []
        labels[str(row.id)] = (*found, *(f"audience {each}" for each in row.audiences))
        area = areas.get(row.area_id or "")
        if area is not None and area.latitude is not None and area.longitude is not None:
            homes[str(row.id)] = (area.latitude, area.longitude)
    return People(labels, homes)


def _places(work: UnitOfWork, facts: Iterable[OfferingFacts]) -> Places:
    under_served = frozenset(area.id for area in work.areas.all() if area.under_served)
    districts = {str(each.offering_id): each.attributes.get("district", ("",))[0] for each in facts}
    points = {str(each.offering_id): each.position for each in facts if each.position is not None}
    return Places({each: district for each, district in districts.items() if district}, points, under_served)


def last_slice(city: CityData) -> Folder:
    """The city as a benchmark: the log up to 14 days before its end, and what was taken after; the catalogue as it was.

    Offerings nobody had taken by the end of the slice are no candidates: they may not have been published yet.
    """
    start = end_of(city.log) - WINDOW_DAYS
    taken = np.unique(city.log.offering_rows)
    before, after = city.log.at_days <= start, city.log.at_days > start
    cut = city.catalogue.subset(taken)
    return Folder(Path("the city's own log"), cut, city.log.only(before).onto(taken), city.log.only(after).onto(taken))
