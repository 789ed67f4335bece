"""What one profile costs: fold-in, scores of 20,000 live offerings, reasons of ten; CPU milliseconds of one thread.

The model is trained on the sample city; its offerings are laid again and again under new ids until 20,000 are live.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from city.store import schema
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, TODAY
from fixtures.loading import load_sample
from recommender.artefact import ArtefactStore
from recommender.city_log import read_city
from recommender.laid import LaidScorer
from recommender.laying import lay, load_model
from recommender.offering_facts import OfferingFacts, all_facts
from recommender.training import Trainer

LIVE, QUESTIONS, LONGEST_PROFILE = 20_000, 400, 50
KINDS = (0.1, 0.5, 0.8, 1.0)
Made = TypeVar("Made")


def main() -> int:
    """Lay and train the sample, then measure it as it is and at 20,000 live offerings."""
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1, "blas"):
        database = Database(f"sqlite:///{folder}/city.db")
        schema.upgrade(database)
        load_sample(database, TODAY, SHANGHAI)
        outcome = Trainer(ArtefactStore(Path(folder)), NOW).train(read_city(database, NOW))
        print(f"training: {outcome.cpu_s:.1f} CPU-s, peak {outcome.peak_mib:.0f} MiB. {outcome.sentence}")
        with database.reading() as work:
            facts = list(all_facts(work, NOW))
        model = load_model(ArtefactStore(Path(folder)))
        for n_live in (len(facts), LIVE):
            spent, scorer = timed(lambda n=n_live: lay(model, many(facts, n), NOW))
            print(f"{n_live:,} live offerings: laid in {spent / 1000:.1f} CPU-s")
            ask(scorer, [each.offering_id for each in facts])
    return 0


def many(facts: list[OfferingFacts], n: int) -> list[OfferingFacts]:
    """The facts again and again under new ids, until there are n."""
    step = max(each.offering_id for each in facts) + 1
    rounds = range(n // len(facts) + 1)
    found = [replace(each, offering_id=each.offering_id + step * r) for r in rounds for each in facts]
    return found[:n]


def timed(call: Callable[[], Made]) -> tuple[float, Made]:
    """CPU milliseconds of this thread, and what was made."""
    started = time.thread_time()
    made = call()
    return (time.thread_time() - started) * 1000, made


def ask(scorer: LaidScorer, ids: list[int]) -> None:
    """Ask for random profiles of 1 to 50 offerings and print p50 and p99 of each step."""
    rng = np.random.default_rng(0)
    fold_in, scoring, reasons = [], [], []
    for _ in range(QUESTIONS):
        chosen = rng.choice(ids, int(rng.integers(1, LONGEST_PROFILE + 1)), replace=False)
        profile = {int(each): float(rng.choice(KINDS)) for each in chosen}
        fold_in.append(timed(lambda p=profile: scorer.fold_in(p))[0])
        spent, answer = timed(lambda p=profile: scorer.score(p))
        scoring.append(spent)
        best = np.argsort(-answer.scores)[:10].tolist()
        reasons.append(timed(lambda a=answer, b=best: [a.contributions(column) for column in b])[0])
    for name, values in (("fold-in", fold_in), ("scores", scoring), ("reasons of ten", reasons)):
        p50, p99 = np.percentile(values, [50, 99])
        print(f"  {name}: p50 {p50:.3f} ms, p99 {p99:.3f} ms CPU")


if __name__ == "__main__":
    sys.exit(main())
