"""What one recommendation costs, and what its rules cost: the sample city's last two weeks played again.

Quality: the city as it was two weeks ago learns from what had happened by then; each citizen who came back is asked,
and what the citizen took up later is the answer. Beside plain order stand variety, the cap of an operator, the floor
for under-served districts and the one for fresh interests.
Speed: one whole answer of ten (history read, filters, scores, re-ranking, reasons) in CPU milliseconds of one thread,
on the sample city and with 20,000 live offerings.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from city.clock import FixedClock
from city.model.interaction import KIND_WEIGHTS
from city.ports import Position, RecommendationRequest
from city.store import schema
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, TODAY
from fixtures.loading import load_sample
from recommender.artefact import ArtefactStore
from recommender.city_log import read_city
from recommender.laying import lay, load_model
from recommender.live import LiveOfferings
from recommender.ranking import LiveState, ranked
from recommender.refreshing import Refresher
from recommender.reranking import RULES, Rules, reranked
from recommender.serving import LiveRecommender
from recommender.training import Trainer

T = TypeVar("T")
SHOWN, LIVE, ASKED, JUDGED = 10, 20_000, 500, 2_000
COST_GOAL, CPU_GOAL_MS = 0.015, 5.0
PLAIN = Rules(relevance_share=1.0, operator_share=1.0, under_served_share=0.0, echo_share=0.0)
VARIANTS: Mapping[str, Rules] = {
    "plain order": PLAIN,
    "variety (MMR .9)": replace(PLAIN, relevance_share=RULES.relevance_share),
    "variety + floor": replace(RULES, operator_share=1.0, echo_share=0.0),
    "variety + floor + fresh": replace(RULES, operator_share=1.0),
    "all rules": RULES,
}


@dataclass(frozen=True)
class City:
    """A sample city at some instant, with the model it learned by then."""

    database: Database
    store: ArtefactStore
    clock: FixedClock

    def opened(self) -> tuple[LiveRecommender, LiveState]:
        """A recommender over it, and its state."""
        refresher = Refresher(self.database, self.store, self.clock)
        refresher.refresh()
        return LiveRecommender(self.database, self.clock, refresher), refresher.state()

    def requests(self) -> dict[int, RecommendationRequest]:
        """What each citizen's page would ask."""
        with self.database.reading() as work:
            areas = {area.id: area for area in work.areas.all()}
            return {
                citizen.id: RecommendationRequest(
                    n=SHOWN,
                    citizen_id=citizen.id,
                    area_id=citizen.area_id,
                    near=_position(citizen.home() or _middle(areas.get(citizen.area_id or ""))),
                    reach_minutes=citizen.reach_minutes,
                    audiences=frozenset(citizen.audiences),
                )
                for citizen in work.citizens.all()
            }


def main() -> int:
    """Lay, learn, judge and time; 1 when the rules cost more than they may."""
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1, "blas"):
        with city_at(Path(folder), days_ago=14) as (city, later):
            missed = judge(city, later)
        recommender, state = city.opened()
        requests = sample_of(list(city.requests().values()), ASKED)
        missed |= clocked(f"{len(state.live):,} live offerings", recommender, requests)
        many = crowded(state, load_model(city.store), LIVE)
        standing = LiveRecommender(city.database, city.clock, _Standing(many))  # type: ignore[arg-type]
        missed |= clocked(f"{len(many.live):,} live offerings", standing, requests)
    return int(missed)


@contextmanager
def city_at(folder: Path, *, days_ago: int) -> Iterator[tuple[City, Mapping[int, set[int]]]]:
    """The sample city as it was, trained on what had happened; and what each citizen took up afterwards."""
    file, then = folder / "learncity.db", NOW - timedelta(days=days_ago)
    database = Database(f"sqlite:///{file}")
    schema.upgrade(database)
    load_sample(database, TODAY, SHANGHAI)
    later: dict[int, set[int]] = defaultdict(set)
    with database.reading() as work:
        for row in work.interactions.log(since=then):
            if row.kind in KIND_WEIGHTS:
                later[row.citizen_id].add(row.offering_id)
    database.dispose()
    with sqlite3.connect(file) as connection:  # the log as it was then
        connection.execute("DELETE FROM interaction WHERE happened_at >= ?", (f"{then:%Y-%m-%d %H:%M:%S}",))
    city = City(database, ArtefactStore(folder), FixedClock(then, SHANGHAI))
    print(Trainer(city.store, then).train(read_city(database, then)).sentence)
    yield city, later


def judge(city: City, later: Mapping[int, set[int]]) -> bool:
    """Print NDCG@10 and the under-served share of every variant; True when all rules cost more than they may."""
    recommender, state = city.opened()
    asked = [(request, later[each]) for each, request in city.requests().items() if later.get(each)]
    ndcg, shares = defaultdict(list), defaultdict(list)
    for request, answers in sample_of(asked, JUDGED):
        question = recommender._question(state, request)
        found = ranked(state, question)
        reachable = {state.live.column[each] for each in answers if each in state.live.column}
        relevant = reachable - {state.live.column.get(each) for each in question.history.actions}
        if found.source != "personal" or not relevant:
            continue
        for name, rules in VARIANTS.items():
            columns = [each.column for each in reranked(found, state.live, SHOWN, state.scoring, rules)]
            ndcg[name].append(ndcg_of(columns, relevant))
            shares[name].append(state.live.under_served[columns].mean())
    before = np.mean(ndcg["plain order"])
    for name in VARIANTS:
        mean, share = np.mean(ndcg[name]), np.mean(shares[name])
        print(f"{name:24} NDCG@10 {mean:.4f} ({mean / before - 1:+.1%}), under-served {share:.1%}")
    cost = 1 - np.mean(ndcg["variety + floor"]) / before
    print(
        f"{len(ndcg['plain order'])} citizens; variety and floor cost {cost:.1%}, at most {COST_GOAL:.1%} are allowed"
    )
    return bool(cost > COST_GOAL)


def ndcg_of(columns: Sequence[int], relevant: set[int]) -> float:
    """Binary NDCG of one list."""
    gains = 1 / np.log2(np.arange(2, SHOWN + 2))
    hits = np.asarray([column in relevant for column in columns] + [False] * (SHOWN - len(columns)))
    return float((gains * hits).sum() / gains[: min(len(relevant), SHOWN)].sum())


def clocked(name: str, recommender: LiveRecommender, requests: Sequence[RecommendationRequest]) -> bool:
    """Print p50 and p99 of one answer; True when p99 is above the goal."""
    spent = []
    for request in [*requests[:20], *requests]:
        started = time.thread_time()
        recommender.recommend(request)
        spent.append((time.thread_time() - started) * 1000)
    p50, p99 = np.percentile(spent[20:], [50, 99])
    print(f"{name}: one answer of {SHOWN} p50 {p50:.2f} ms, p99 {p99:.2f} ms CPU (goal: p99 < {CPU_GOAL_MS:.0f} ms)")
    return bool(p99 >= CPU_GOAL_MS)


def crowded(state: LiveState, model: object, n: int) -> LiveState:
    """The live offerings again and again under new ids, until there are n, and the model over them."""
    step = 1_000_000
    rounds = range(n // len(state.live) + 1)
    again = [
        replace(each, facts=replace(each.facts, offering_id=each.offering_id + step * number))
        for number in rounds
        for each in state.live.offerings
    ]
    live = LiveOfferings(tuple(again[:n])).read()
    scoring = lay(model, [each.facts for each in live.offerings], NOW)  # type: ignore[arg-type]
    return LiveState(live, scoring, state.following)


@dataclass(frozen=True)
class _Standing:
    """A refresher whose state never changes."""

    kept: LiveState

    def state(self) -> LiveState:
        return self.kept


def sample_of(items: Sequence[T], n: int) -> list[T]:
    """At most n of them, always the same."""
    rows = np.random.default_rng(0).permutation(len(items))[:n]
    return [items[row] for row in sorted(rows)]


def _middle(area: object) -> tuple[float, float] | None:
    latitude, longitude = getattr(area, "latitude", None), getattr(area, "longitude", None)
    return (latitude, longitude) if latitude is not None and longitude is not None else None


def _position(point: tuple[float, float] | None) -> Position | None:
    return Position(*point) if point is not None else None


if __name__ == "__main__":
    sys.exit(main())
