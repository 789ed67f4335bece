"""Why an offering stands on a list, as data: only what really put it there, or is true of the offering itself.

Owns: the way from parts of a score to `city.ports.Reason`. Refuses: anything that is not a part of the score or a
stated fact. Called by: serving.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from city.model.places import is_on_foot, travel_minutes
from city.ports import Reason
from recommender.following import DAYS
from recommender.live import LiveOffering
from recommender.ranking import SIMILAR, LiveState, Question, Ranked
from recommender.scorer import Contribution

MOST_REASONS = 2
SPEAKING_SHARE = 0.05
FEWEST_PEOPLE = 5
"""Fewer are not told: too few to lead anyone, and perhaps known to each other."""
NEAR_MINUTES, SOON_DAYS, NEW_DAYS = 20.0, 7, 14.0


@dataclass(frozen=True)
class Telling:
    """Everything reasons of one list may rest on."""

    state: LiveState
    question: Question
    ranked: Ranked

    def reasons(self, column: int, *, lifted: bool = False, n: int = MOST_REASONS) -> tuple[Reason, ...]:
        """Return at most `n` reasons, the strongest first; one more when the floor lifted the offering."""
        offering = self.state.live.offerings[column]
        found: list[Reason] = []
        for reason in self._all(column, offering):
            if all((reason.kind, reason.offering_id) != (each.kind, each.offering_id) for each in found):
                found.append(reason)
        told = found[:n]
        if lifted and offering.district_id is not None:
            told.append(Reason("district", area_id=offering.district_id))
        return tuple(told)

    def _all(self, column: int, offering: LiveOffering) -> Iterator[Reason]:
        contributions = self.ranked.scored.contributions(column) if self.ranked.scored is not None else ()
        speaking = [each for each in contributions if each.share >= SPEAKING_SHARE]
        personal = [self._personal(each, offering) for each in speaking if each.personal]
        yield from personal[:1]
        yield from self._own(speaking, offering)
        yield from personal[1:]
        if self.ranked.source == SIMILAR:
            yield from self._session(offering)
        yield from self._facts(offering, told_soon=any(each.channel == "soon" for each in speaking))

    def _personal(self, part: Contribution, offering: LiveOffering) -> Reason:
        """What the profile holds that speaks for it: a venue, an operator, a topic, or a thing that goes with it."""
        if part.channel == "venue" and part.value is not None:
            return Reason("venue", venue_id=int(part.value), share=part.share)
        if part.channel == "operator" and part.value is not None:
            return Reason("operator", operator_id=int(part.value), share=part.share)
        if part.channel == "topic" and part.value in offering.topics:
            return Reason("topic", topic=part.value, share=part.share)
        action = self.question.history.actions.get(part.offering_id or 0)
        return Reason("because", offering_id=part.offering_id, action=action, share=part.share)

    def _own(self, speaking: list[Contribution], offering: LiveOffering) -> Iterator[Reason]:
        """Parts of the score that hold for whoever asks."""
        for part in speaking:
            if part.channel in ("popularity", "recent"):
                yield from self._popular(offering, part.share)
            elif part.channel == "soon":
                yield from self._soon(offering, part.share)

    def _session(self, offering: LiveOffering) -> Iterator[Reason]:
        latest = list(self.question.history.actions)[-1:]
        for offering_id in latest:
            yield Reason("because", offering_id=offering_id, action=self.question.history.actions[offering_id])

    def _facts(self, offering: LiveOffering, *, told_soon: bool) -> Iterator[Reason]:
        """What is true of the offering and helps to decide, the neighbours first."""
        yield from self._near(offering)
        yield from self._popular(offering, 0.0)
        if not told_soon:
            yield from self._soon(offering, 0.0)
        if self.question.now_days - offering.published_days <= NEW_DAYS:
            yield Reason("new", days=max(0, int(self.question.now_days - offering.published_days)))
        yield Reason("open")

    def _popular(self, offering: LiveOffering, share: float) -> Iterator[Reason]:
        people, district = self.state.following.people(offering.offering_id, self.question.district_id)
        if people >= FEWEST_PEOPLE:
            yield Reason("popular", count=people, days=DAYS, area_id=district, share=share)

    def _soon(self, offering: LiveOffering, share: float) -> Iterator[Reason]:
        if offering.starts_on is None or self.question.today is None:
            return
        days = (offering.starts_on - self.question.today).days
        if 0 <= days <= SOON_DAYS:
            yield Reason("soon", days=days, share=share)

    def _near(self, offering: LiveOffering) -> Iterator[Reason]:
        minutes = travel_minutes(self.question.asker.position, offering.position)
        if minutes is not None and minutes <= NEAR_MINUTES and is_on_foot(minutes) and not offering.online:
            yield Reason("near", minutes=max(1, round(minutes)), venue_id=offering.venue_id)
