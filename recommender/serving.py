"""The Recommender port: lists, what is similar, and why; never an exception towards a page.

Owns: who a request speaks of, the order of the steps, list ids. Refuses: nothing; what fails is logged, and the answer
is what the next in line can tell, in the end an empty list. Called by: web, through wiring.
"""

import secrets
from dataclasses import replace

import numpy as np
import structlog

from city.clock import Clock
from city.errors import LearncityError
from city.model import Citizen
from city.ports import Position, Reason, Recommendation, RecommendationRequest, Recommendations
from city.store.database import Database
from city.store.unit_of_work import UnitOfWork
from recommender.candidates import Asker, ages_of, allowed
from recommender.history import NOTHING, History, history_of, history_of_visitor
from recommender.live import LiveOffering
from recommender.offering_facts import days_of
from recommender.ranking import SIMILAR, LiveState, Question, Ranked, ordered, ranked
from recommender.reasons import Telling
from recommender.refreshing import Refresher
from recommender.reranking import Chosen, reranked

log = structlog.get_logger(__name__)

LIST_ID_BYTES = 12
EXPLAINED_REASONS = 6
OUR_FAULTS = (LearncityError, ArithmeticError, LookupError, TypeError, ValueError)


class LiveRecommender:
    """Answers from the state its refresher keeps; threads share it."""

    def __init__(self, database: Database, clock: Clock, refresher: Refresher) -> None:
        self._database, self._clock, self._refresher = database, clock, refresher

    def recommend(self, request: RecommendationRequest) -> Recommendations:
        """Return at most `n` suggestions in order, with reasons and who gave them."""
        try:
            state = self._refresher.state()
            question = self._question(state, request)
            answer = ranked(state, question)
            chosen = reranked(answer, state.live, request.n, state.scoring)
            return self._told(state, question, answer, chosen)
        except OUR_FAULTS as fault:
            log.error("recommendation_failed", error=str(fault), kind=type(fault).__name__)
            return Recommendations()

    def similar(self, offering_id: int, n: int) -> Recommendations:
        """Return at most `n` offerings that go with this one, whoever asks."""
        try:
            return self._similar(self._refresher.state(), offering_id, n)
        except OUR_FAULTS as fault:
            log.error("similar_failed", error=str(fault), kind=type(fault).__name__)
            return Recommendations()

    def explain(self, request: RecommendationRequest, offering_id: int) -> tuple[Reason, ...]:
        """Return all that speaks for an offering for this person now, strongest first; () when it is not live."""
        try:
            state = self._refresher.state()
            column = state.live.column.get(offering_id)
            if column is None:
                return ()
            question = self._question(state, request)
            return Telling(state, question, ranked(state, question)).reasons(column, n=EXPLAINED_REASONS)
        except OUR_FAULTS as fault:
            log.error("explanation_failed", error=str(fault), kind=type(fault).__name__)
            return ()

    def _similar(self, state: LiveState, offering_id: int, n: int) -> Recommendations:
        now = self._clock.now()
        question = Question(_anyone(state, offering_id), days_of(now), today=self._clock.today())
        scores = state.scoring.similar(offering_id) if state.scoring is not None else None
        if scores is None or not np.isfinite(scores).any():
            scores = _sharing_topics(state, offering_id)
        answer = ordered(SIMILAR, state.live, scores, allowed(state.live, question.asker, question.now_days))
        likeness = [Chosen(int(column)) for column in answer.columns[:n]]
        told = self._told(state, question, answer, likeness)
        return replace(told, items=tuple(_shared_first(state, offering_id, item) for item in told.items))

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
        return Recommendations(items, answer.source, version, secrets.token_hex(LIST_ID_BYTES))

    def _question(self, state: LiveState, request: RecommendationRequest) -> Question:
        """Read what may be used: with personal suggestions off neither log nor profile is even opened."""
        now = self._clock.now()
        with self._database.reading() as work:
            citizen, history = self._person(work, request)
        asker = Asker(
            position=_point(request.near),
            reach_minutes=request.reach_minutes,
            audiences=request.audiences,
            ages=ages_of(citizen.birth_year_from, self._clock.today().year) if citizen is not None else None,
            kinds=request.kinds,
            hidden=request.exclude | history.kept | history.dismissed,
        )
        district = state.following.district_of.get(request.area_id or "")
        return Question(asker, days_of(now), history, district, self._clock.today())

    def _person(self, work: UnitOfWork, request: RecommendationRequest) -> tuple[Citizen | None, History]:
        if not request.personal:
            return None, NOTHING
        citizen = work.citizens.find(request.citizen_id) if request.citizen_id is not None else None
        if citizen is None:
            return None, history_of_visitor(request.profile, request.dismissed)
        if not citizen.personal_suggestions:
            return None, NOTHING
        history = history_of(work.interactions.deeds(citizen.id))
        held = work.enrolments.offerings_held(citizen.id)
        return citizen, replace(history, kept=history.kept | held)


def _point(near: Position | None) -> tuple[float, float] | None:
    return (near.latitude, near.longitude) if near is not None else None


def _anyone(state: LiveState, offering_id: int) -> Asker:
    """Whoever looks at an offering may be meant by it: its audiences count as the asker's, distance is not asked."""
    column = state.live.column.get(offering_id)
    audiences = state.live.offerings[column].audiences if column is not None else frozenset()
    return Asker(audiences=audiences, hidden=frozenset({offering_id}))


def _sharing_topics(state: LiveState, offering_id: int) -> "np.typing.NDArray[np.float32]":
    """Without a model: the share of topics in common, NaN where there is none."""
    column = state.live.column.get(offering_id)
    own = set(state.live.offerings[column].topics) if column is not None else set()
    shared = [len(own & set(each.topics)) / max(len(own | set(each.topics)), 1) for each in state.live.offerings]
    return np.asarray([share or np.nan for share in shared], dtype=np.float32)


def _shared_first(state: LiveState, offering_id: int, item: Recommendation) -> Recommendation:
    """Say first what the two have in common, when it can be named."""
    own, other = (_live(state, each) for each in (offering_id, item.offering_id))
    if own is None or other is None:
        return item
    topic = next((each for each in own.topics if each in other.topics), None)
    same_operator = own.operator_id == other.operator_id
    named = [Reason("same_topic", topic=topic)] if topic else []
    named += [Reason("same_operator", operator_id=own.operator_id)] if same_operator else []
    return replace(item, reasons=(*named, *item.reasons)[:2])


def _live(state: LiveState, offering_id: int) -> LiveOffering | None:
    column = state.live.column.get(offering_id)
    return state.live.offerings[column] if column is not None else None
