"""Why an offering stands on a list, as data: only what really put it there, or is true of the offering itself.

Owns: the way from parts of a score to `city.ports.Reason`, and that not all cards of a list say the same. Refuses:
anything that is not a part of the score or a stated fact. Called by: serving.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

import numpy as np

from city.distances import is_on_foot, travel_minutes
from city.model import Attendance
from city.ports import Reason
from recommender.channels import COMPARABLE
from recommender.following import DAYS, FEWEST_PEOPLE
from recommender.history import KEPT
from recommender.live import LiveOffering
from recommender.ranking import LATEST, NEWEST, SIMILAR, LiveState, Question, Ranked
from recommender.reranking import DISTRICT, ECHO
from recommender.scorer import Contribution

MOST_REASONS = 2
SPOKEN = 3
SPEAKING_SHARE = 0.05
NEAR_MINUTES, SOON_DAYS, NEW_DAYS = 20.0, 7, 14.0


class Telling:
    """Tells the reasons of one list, card after card, and remembers what was said first."""

    def __init__(self, state: LiveState, question: Question, ranked: Ranked) -> None:
        self._state, self._question, self._ranked = state, question, ranked
        self._said: Counter[tuple[object, ...]] = Counter()

    def reasons(self, column: int, *, lifted: str = "", n: int = MOST_REASONS) -> tuple[Reason, ...]:
        """Return at most `n` reasons, the strongest first; a floor that lifted the offering is told too."""
        offering = self._state.live.offerings[column]
        told: dict[tuple[str, int | None], Reason] = {}
        echoed = self._echoed(column) if lifted == ECHO else ()
        for reason in chain(echoed, self._all(column, offering, n)):
            told.setdefault((reason.kind, reason.offering_id), reason)
            if len(told) == n:
                break
        self._said.update(_subject(reason) for reason in list(told.values())[:1])
        more = [Reason("district", area_id=offering.district_id)] if lifted == DISTRICT else []
        return (*told.values(), *more)

    def _all(self, column: int, offering: LiveOffering, n: int) -> Iterator[Reason]:
        scored = self._ranked.scored
        parts = scored.contributions(column, max(n, SPOKEN)) if scored is not None else ()
        speaking = [each for each in parts if each.share >= SPEAKING_SHARE]
        personal = self._varied([reason for part in speaking if part.personal for reason in self._by(part, offering)])
        yield from personal[:1]
        yield from self._own(speaking, offering)
        yield from personal[1:]
        if self._ranked.source == SIMILAR and np.isfinite(self._ranked.scores[column]):
            yield from self._session(offering)
        yield from self._facts(offering)

    def _varied(self, personal: list[Reason]) -> list[Reason]:
        """The strongest first, or one of comparable share that fewer cards above have said."""
        comparable = [each for each in personal if each.share >= COMPARABLE * personal[0].share]
        first = min(comparable, key=lambda each: self._said[_subject(each)], default=None)
        return [each for each in personal if each is first] + [each for each in personal if each is not first]

    def _by(self, part: Contribution, offering: LiveOffering) -> Iterator[Reason]:
        """What the profile holds that speaks for it: a venue, an operator, a topic, or things that go with it.

        What was only looked at is named itself: that somebody likes its topic would be too much said.
        """
        actions = self._question.history.actions
        if actions.get(part.offering_id or 0) in KEPT and part.value is not None and part.channel in _NAMED:
            yield _NAMED[part.channel](part.value, part.share)
            return
        for offering_id in (part.offering_id, *part.also):
            yield Reason("because", offering_id=offering_id, action=actions.get(offering_id or 0), share=part.share)

    def _own(self, speaking: list[Contribution], offering: LiveOffering) -> Iterator[Reason]:
        """Parts of the score that hold for whoever asks."""
        for part in speaking:
            if part.channel in ("popularity", "recent"):
                yield from self._popular(offering, part.share)
            elif part.channel == "soon":
                yield from self._soon(offering, part.share)

    def _session(self, offering: LiveOffering) -> Iterator[Reason]:
        """The latest thing of the profile that goes with it."""
        actions = self._question.history.actions
        column = self._state.live.column[offering.offering_id]
        for offering_id in list(actions)[: -LATEST - 1 : -1]:
            if self._state.similar(offering_id)[column] > 0:
                yield Reason("because", offering_id=offering_id, action=actions[offering_id])

    def _echoed(self, column: int) -> Iterator[Reason]:
        """The thing chosen last that it answers."""
        for echo in self._ranked.echoes:
            if column in echo.columns:
                action = self._question.history.actions[echo.offering_id]
                yield Reason("because", offering_id=echo.offering_id, action=action)

    def _facts(self, offering: LiveOffering) -> Iterator[Reason]:
        """What is true of the offering and helps to decide, that by which the list was ordered first."""
        if self._ranked.source == NEWEST:
            yield from self._new(offering)
        yield from chain(self._popular(offering, 0.0), self._near(offering), self._soon(offering, 0.0))
        yield from self._new(offering)
        if offering.has_seats:
            yield Reason("open")

    def _popular(self, offering: LiveOffering, share: float) -> Iterator[Reason]:
        people, district = self._state.following.people(offering.offering_id, self._question.district_id)
        if people >= FEWEST_PEOPLE:
            yield Reason("popular", count=people, days=DAYS, area_id=district, share=share)

    def _soon(self, offering: LiveOffering, share: float) -> Iterator[Reason]:
        if offering.starts_on is None or self._question.today is None:
            return
        days = (offering.starts_on - self._question.today).days
        if 0 <= days <= SOON_DAYS:
            yield Reason("soon", days=days, share=share)

    def _near(self, offering: LiveOffering) -> Iterator[Reason]:
        minutes = travel_minutes(self._question.asker.position, offering.position)
        if minutes is None or minutes > NEAR_MINUTES or not is_on_foot(minutes):
            return
        if offering.attendance != Attendance.ONLINE:
            yield Reason("near", minutes=max(1, round(minutes)), venue_id=offering.venue_id)

    def _new(self, offering: LiveOffering) -> Iterator[Reason]:
        days = self._question.now_days - offering.published_days
        if days <= NEW_DAYS:
            yield Reason("new", days=max(0, int(days)))


_NAMED: Mapping[str, Callable[[str, float], Reason]] = {
    "venue": lambda value, share: Reason("venue", venue_id=int(value), share=share),
    "operator": lambda value, share: Reason("operator", operator_id=int(value), share=share),
    "topic": lambda value, share: Reason("topic", topic=value, share=share),
}
"""Fields of an offering whose value says more than the thing of the profile that holds it."""


def _subject(reason: Reason) -> tuple[object, ...]:
    """What a sentence speaks of: two cards with the same one read alike."""
    return (reason.kind, reason.offering_id, reason.venue_id, reason.operator_id, reason.topic)
