"""The city's lists seen by groups: who gets good ones, which districts are shown, how far people are sent.

Owns: figures by district, decade of birth and audience; exposure beside supply; the under-served share; distances.
Refuses: groups of fewer than 20 people (their figures say more of single persons than of the model).
Called by: evaluate, for the city's own log; model_card shows what it saw.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from city.distances import great_circle_m
from recommender.city_log import CityData
from recommender.folder import Folder
from recommender.measures import Tally
from recommender.vocabulary import Rows

SMALLEST_GROUP = 20
SHOWN = 10


@dataclass
class CityLens:
    """Takes the lists of one model, citizen after citizen."""

    city: CityData
    folder: Folder
    tallies: dict[str, Tally] = field(default_factory=dict)
    shown: Counter[str] = field(default_factory=Counter)
    distances_m: list[float] = field(default_factory=list)

    def add(self, citizen_row: int, listed: Rows, answers: Rows) -> None:
        """Take one citizen's list and answers."""
        citizen = self.folder.train.citizens.ids[citizen_row]
        for label in self.city.people.labels.get(citizen, ()):
            self.tallies.setdefault(label, Tally.of(len(self.folder.catalogue))).add(listed, answers)
        ids = [self.folder.catalogue.offerings.ids[row] for row in listed[:SHOWN]]
        self.shown.update(self.city.places.districts.get(each, "") for each in ids)
        home, points = self.city.people.homes.get(citizen), self.city.places.points
        if home is not None:
            self.distances_m += [great_circle_m(home, points[each]) for each in ids if each in points]

    def figures(self) -> Mapping[str, object]:
        """Slices, exposure and supply by district (shares of what has a district), under-served share, distance."""
        exposure, supply = _shares(self.shown), _shares(self._supply())
        under_served = self.city.places.under_served
        return {
            "slices": {label: self._slice(tally) for label, tally in sorted(self.tallies.items()) if _enough(tally)},
            "exposure@10": exposure,
            "supply": supply,
            "under_served_share@10": sum(share for district, share in exposure.items() if district in under_served),
            "mean_distance_m@10": float(np.mean(self.distances_m)) if self.distances_m else None,
        }

    def _supply(self) -> Counter[str]:
        ids = self.folder.catalogue.offerings.ids
        return Counter(self.city.places.districts.get(each, "") for each in ids)

    def _slice(self, tally: Tally) -> Mapping[str, object]:
        return tally.figures(len(self.folder.catalogue))


def _enough(tally: Tally) -> bool:
    return len(tally.ndcg20) >= SMALLEST_GROUP


def _shares(counts: Counter[str]) -> dict[str, float]:
    """Counts as shares, largest first; what has no district (online) is left out."""
    known = {district: count for district, count in counts.most_common() if district}
    total = sum(known.values())
    return {district: count / total for district, count in known.items()}
