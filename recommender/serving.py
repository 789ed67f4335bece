"""The Recommender port: lists, what is similar, and why; never an exception towards a page.

Owns: who a request speaks of, the order of the steps, list ids. Refuses: nothing; what fails is logged, and the answer
is what the next in line can tell, in the end an empty list. Called by: web, through wiring.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from city.clock import Clock
from city.errors import DatabaseUnavailable
from city.model.people import DEFAULT_REACH_MINUTES
from city.ports import Position, Reason, Recommendation, RecommendationRequest, Recommendations
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from recommender.candidates import Asker, ages_of, allowed
from recommender.history import NOTHING, History, history_of, history_of_visitor
from recommender.live import LiveOffering
from recommender.offering_facts import days_of
from recommender.ranking import NONE, SIMILAR, LiveState, Question, Ranked, best_first, ranked
from recommender.reasons import MOST_REASONS, Telling
from recommender.refreshing import Refresher
from recommender.reranking import Chosen, reranked

T = TypeVar("T")

log = structlog.get_logger(__name__)

LIST_ID_BYTES = 12
EXPLAINED_REASONS = 6


@dataclass(frozen=True)
class _Known:
    """The request as far as it may be used, and what is known of the person beside it."""

    request: RecommendationRequest
    history: History = NOTHING
    birth_year_from: int | None = None


class LiveRecommender:
    """Answers from the state its refresher keeps; threads share it."""

    def __init__(self, database: Database, clock: Clock, refresher: Refresher) -> None:
        self._database, self._clock, self._refresher = database, clock, refresher

    def recommend(self, request: RecommendationRequest) -> Recommendations:
        """Return at most `n` suggestions in order, with reasons and who gave them."""

        def answer(state: LiveState) -> Recommendations:
            question = self._question(state, request)
            found = ranked(state, question)
            return self._told(state, question, found, reranked(found, state.live, request.n, state.scoring))

        return self._answered(answer, Recommendations())

    def similar(self, offering_id: int, n: int) -> Recommendations:
        """Return at most `n` offerings that go with this one, whoever asks."""

        def answer(state: LiveState) -> Recommendations:
            question = Question(_anyone(state, offering_id), days_of(self._clock.now()), today=self._clock.today())
            scores = state.similar(offering_id)
            columns = best_first(state.live, scores, allowed(state.live, question.asker, question.now_days))
            likest = [Chosen(int(column)) for column in columns[: max(n, 0)]]
            told = self._told(state, question, Ranked(SIMILAR, columns, scores), likest)
            return replace(told, items=tuple(_shared_first(state, offering_id, item) for item in told.items))

        return self._answered(answer, Recommendations())

    def explain(self, request: RecommendationRequest, offering_id: int) -> tuple[Reason, ...]:
        """Return all that speaks for an offering for this person now, strongest first; () when it is not live."""

        def answer(state: LiveState) -> tuple[Reason, ...]:
            column = state.live.column.get(offering_id)
            if column is None:
                return ()
            question = self._question(state, request)
            return Telling(state, question, ranked(state, question)).reasons(column, n=EXPLAINED_REASONS)

        return self._answered(answer, ())

    def _answered(self, answer: Callable[[LiveState], T], nothing: T) -> T:
        """Answer with everything there is; when that fails without the model, when that fails too with nothing."""
        try:
            return answer(self._refresher.state())
        except Exception:  # whatever is wrong here, the page has other things to show
            log.exception("suggestions_failed")
        try:
            return answer(replace(self._refresher.state(), scoring=None))
        except Exception:
            log.exception("suggestions_failed_without_model")
            return nothing

    def _told(self, state: LiveState, question: Question, answer: Ranked, chosen: list[Chosen]) -> Recommendations:
        telling = Telling(state, question, answer)
        items = tuple(
            Recommendation(
                state.live.offerings[each.column].offering_id,
                float(answer.scores[each.column]),
                telling.reasons(each.column, lifted=each.lifted),
            )
            for each in chosen
        )
        version = state.scoring.artefact_version if state.scoring is not None else ""
        return Recommendations(items, answer.source if items else NONE, version, secrets.token_hex(LIST_ID_BYTES))

    def _question(self, state: LiveState, request: RecommendationRequest) -> Question:
        known = self._known(request)
        asked, history = known.request, known.history
        asker = Asker(
            position=(asked.near.latitude, asked.near.longitude) if asked.near is not None else None,
            reach_minutes=asked.reach_minutes,
            audiences=asked.audiences,
            ages=ages_of(known.birth_year_from, self._clock.today().year),
            kinds=asked.kinds,
            hidden=asked.exclude | history.kept | history.dismissed,
        )
        district = state.following.district_of.get(asked.area_id or "")
        return Question(asker, days_of(self._clock.now()), history, district, self._clock.today())

    def _known(self, request: RecommendationRequest) -> _Known:
        """Read what may be used: with personal suggestions off neither log nor profile is even opened."""
        if not request.personal:
            return _Known(request)
        if request.citizen_id is None:
            return _Known(request, history_of_visitor(request.profile, request.dismissed))
        try:
            with self._database.reading() as work:
                return _of_citizen(work, request, request.citizen_id)
        except DatabaseUnavailable as fault:
            log.warning("history_not_read", error=str(fault))
            return _Known(request)


def _of_citizen(work: UnitOfWork, request: RecommendationRequest, citizen_id: int) -> _Known:
    settings = work.citizens.suggestion_settings(citizen_id)
    if settings is None or not settings.personal_suggestions:
        return _Known(_as_a_stranger(work, request))
    history = history_of(work.interactions.deeds(citizen_id))
    held = work.enrolments.offerings_held(citizen_id)
    return _Known(request, replace(history, kept=history.kept | held), settings.birth_year_from)


def _as_a_stranger(work: UnitOfWork, request: RecommendationRequest) -> RecommendationRequest:
    """What somebody unknown from the same district would ask: no group, no own street or point, no own reach."""
    home = work.areas.find(request.area_id) if request.area_id is not None else None
    area = (home.district() or home) if home is not None else None
    near = None
    if area is not None and area.latitude is not None and area.longitude is not None:
        near = Position(area.latitude, area.longitude)
    return replace(
        request, personal=False, audiences=frozenset(), area_id=area.id if area is not None else None, near=near,
        reach_minutes=DEFAULT_REACH_MINUTES,
    )  # fmt: skip


def _anyone(state: LiveState, offering_id: int) -> Asker:
    """Whoever looks at an offering may be meant by it: its audiences count as the asker's, distance is not asked."""
    found = _live(state, offering_id)
    return Asker(audiences=found.audiences if found is not None else frozenset(), hidden=frozenset({offering_id}))


def _shared_first(state: LiveState, offering_id: int, item: Recommendation) -> Recommendation:
    """Say first what the two have in common, when it can be named."""
    own, other = (_live(state, each) for each in (offering_id, item.offering_id))
    if own is None or other is None:
        return item
    topic = next((each for each in own.topics if each in other.topics), None)
    named = [Reason("same_topic", topic=topic)] if topic else []
    named += [Reason("same_operator", operator_id=own.operator_id)] if own.operator_id == other.operator_id else []
    return replace(item, reasons=(*named, *item.reasons)[:MOST_REASONS])


def _live(state: LiveState, offering_id: int) -> LiveOffering | None:
    column = state.live.column.get(offering_id)
    return state.live.offerings[column] if column is not None else None
