"""How many people of each district took up each offering lately: what is suggested when nobody's taste is known.

Owns: the counts and their shrinking. Refuses: nothing; an area without people answers as the city does.
Called by: refreshing (reads the counts), ranking (orders by them), reasons (tells them).

A learned ranker was worse than this for citizens without history (docs/recommender.md): do not be clever here.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from city.model import Area
from city.store.unit_of_work import UnitOfWork
from recommender.interactions import Vector
from recommender.live import LiveOfferings

DAYS = 30
CITY_PEOPLE = 50.0
"""As many people's worth of the city's taste is mixed into a district's own."""
FEWEST_PEOPLE = 5
"""Fewer are not told: too few to lead anyone, and perhaps known to each other."""


@dataclass(frozen=True)
class Following:
    """Distinct people in the last 30 days: `city` offering → people, `districts` district → offering → people.

    `district_of` maps every area to the district it is or lies in.
    """

    city: Mapping[int, int]
    districts: Mapping[str, Mapping[int, int]]
    district_of: Mapping[str, str]

    def people(self, offering_id: int, district_id: str | None) -> tuple[int, str | None]:
        """Return how many took it in the district, or in the whole city where those are too few to be told."""
        near = self.districts.get(district_id or "", {}).get(offering_id, 0)
        return (near, district_id) if near >= FEWEST_PEOPLE else (self.city.get(offering_id, 0), None)

    def scores(self, live: LiveOfferings, district_id: str | None) -> Vector:
        """Share of the district's people who took each offering, shrunk to the city's share (n_live,) float32.

        NaN for what nobody took: about that the neighbours say nothing.
        """
        city = self._vector(live, self.city)
        share = city / max(float(city.sum()), 1.0)
        near = self._vector(live, self.districts.get(district_id or "", {}))
        total = float(near.sum())
        shrunk = (near + CITY_PEOPLE * share) / (total + CITY_PEOPLE)
        return np.where(shrunk > 0, shrunk, np.nan).astype(np.float32)

    @staticmethod
    def _vector(live: LiveOfferings, counts: Mapping[int, int]) -> Vector:
        return np.asarray([counts.get(each, 0) for each in live.ids.tolist()], dtype=np.float32)


NOBODY = Following({}, {}, {})


def read_following(work: UnitOfWork, now: datetime) -> Following:
    """Count people over the 30 days before `now`."""
    since = now - timedelta(days=DAYS)
    district_of = _districts(work.areas.all())
    districts: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for area_id, offering_id, people in work.interactions.people_counts_by_area(since, now):
        if (district := district_of.get(area_id)) is not None:
            districts[district][offering_id] += people
    city = work.interactions.people_counts(since, now)
    return Following(city, {name: dict(of) for name, of in districts.items()}, district_of)


def _districts(areas: list[Area]) -> Mapping[str, str]:
    """Area → the district it is or lies in."""
    found = {area.id: area.district() for area in areas}
    return {area_id: district.id for area_id, district in found.items() if district is not None}
