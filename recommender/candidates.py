"""Which live offerings may be suggested to whoever asks: the hard rules, the same for every list.

Owns: not over, a place left, meant for this audience and age, within reach, not had already, not unwanted.
Refuses: nothing; what is not known of an offering never excludes it. Called by: ranking, for all lists alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from city.distances import EARTH_RADIUS_M, reach_m
from recommender.interactions import Mask
from recommender.live import LiveOfferings, directions_of

BAND_YEARS = 10


@dataclass(frozen=True)
class Asker:
    """What the rules may know of whoever asks.

    `position` (latitude, longitude) in degrees, None: distance is not asked. `ages` the youngest and oldest age the
    birth-year band allows, None: age is not asked. `hidden` are offerings had already, unwanted, or shown elsewhere.
    """

    position: tuple[float, float] | None = None
    reach_minutes: int = 45
    audiences: frozenset[str] = frozenset()
    ages: tuple[int, int] | None = None
    kinds: frozenset[str] = frozenset()
    hidden: frozenset[int] = field(default_factory=frozenset)


def allowed(live: LiveOfferings, asker: Asker, now_days: float) -> Mask:
    """Return which live offerings may stand on a list (n_live,)."""
    mask = (live.over_days > now_days) & live.has_seats & _audience(live, asker.audiences)
    if asker.kinds:
        mask &= np.isin(live.kinds, list(asker.kinds))
    if asker.ages is not None:
        youngest, oldest = asker.ages
        mask &= (live.ages[:, 0] <= oldest) & (live.ages[:, 1] >= youngest)
    if asker.position is not None:
        mask &= live.anywhere | within(live, asker.position, asker.reach_minutes)
    mask[_places(live, asker.hidden)] = False
    return mask


def within(live: LiveOfferings, position: tuple[float, float], minutes: float) -> Mask:
    """Return which offerings lie within `minutes` of `travel_minutes` (n_live,); False where the position is unknown.

    The cosine of each great-circle angle, compared with that of the distance so many minutes reach.
    """
    farthest = np.cos(min(reach_m(minutes) / EARTH_RADIUS_M, np.pi))
    near: Mask = live.directions @ directions_of([position])[0] >= farthest
    return near


def ages_of(birth_year_from: int | None, year: int) -> tuple[int, int] | None:
    """Return the youngest and oldest age a ten-year band of birth allows in `year`, None when nothing was told."""
    if birth_year_from is None:
        return None
    return max(0, year - birth_year_from - BAND_YEARS), year - birth_year_from


def _audience(live: LiveOfferings, audiences: frozenset[str]) -> Mask:
    """Meant for everyone, or for a group the asker belongs to."""
    mask = live.for_everyone.copy()
    for name in audiences:
        if (named := live.by_audience.get(name)) is not None:
            mask |= named
    return mask


def _places(live: LiveOfferings, offering_ids: Iterable[int]) -> list[int]:
    return [place for each in offering_ids if (place := live.column.get(each)) is not None]
