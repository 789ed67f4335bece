"""Judged questions: NDCG@10 of the search over the sample city, by kind of question.

The engine is the embedded one, or the Elasticsearch that LEARNCITY_SEARCH_URL names. Exit code 1: the goal is missed.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import structlog

from city.clock import FixedClock
from city.config import Settings, load_settings
from city.ports import CatalogueSearch
from city.store import schema
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, TODAY
from fixtures.judging import TOP, Half, JudgedQuery, QueryKind, answers_on, ndcg, read_judgements
from fixtures.loading import load_sample
from indexer.wiring import build_search, build_upkeep
from recommender.counting import count_popularity

GOAL = 0.90
WORST = 15


def main() -> int:
    """Lay the sample, index it, ask every judged question, print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), now=NOW, search_url=load_settings().search_url)
        database = Database(settings.effective_database_url)
        schema.upgrade(database)
        load_sample(database, TODAY, SHANGHAI)
        count_popularity(database, FixedClock(NOW, SHANGHAI))
        build_upkeep(settings).rebuild(lambda done, total: None)
        engine = "Elasticsearch" if settings.search_url else "tantivy"
        return report(engine, judge(build_search(settings, database), database))


def judge(search: CatalogueSearch, database: Database) -> Mapping[tuple[str, str], tuple[JudgedQuery, float]]:
    """Return every question with its NDCG@10, by (text, filters)."""
    slugs, listable = known_offerings(database)
    found = {}
    for query in read_judgements(slugs=set(slugs.values())):
        page = search.search(query.request(TODAY, per_page=TOP))
        ranked = [slugs.get(hit.offering_id, "") for hit in page.hits]
        found[query.text, str(query.filters)] = (query, ndcg(ranked, answers_on(query, listable)))
    return found


def known_offerings(database: Database) -> tuple[dict[int, str], frozenset[str]]:
    """Return id → slug of the sample's offerings, and the slugs of those that may be listed now."""
    slugs, listable = {}, set()
    with database.reading() as work:
        for part in work.offerings.in_batches():
            slugs |= {offering.id: str(offering.source_id) for offering in part}
            listable |= {str(offering.source_id) for offering in part if offering.is_listable(NOW)}
    return slugs, frozenset(listable)


def report(engine: str, judged: Mapping[tuple[str, str], tuple[JudgedQuery, float]]) -> int:
    """Print NDCG@10 by half and kind and the worst questions; return 1 when the goal is missed."""
    by_kind = defaultdict(list)
    for query, value in judged.values():
        by_kind[query.kind].append(value)
    answerable = [value for query, value in judged.values() if query.kind != QueryKind.NO_ANSWER]
    print(f"{engine}: NDCG@{TOP} {mean(answerable):.3f} over {len(answerable)} judged questions (goal {GOAL:.2f})")
    for half in Half:
        values = [value for query, value in judged.values() if query.half == half and query.kind != QueryKind.NO_ANSWER]
        print(f"  {half} half {len(values)} {mean(values):.3f}")
    for kind, values in sorted(by_kind.items()):
        print(f"  {kind:<12}{len(values):>4} {mean(values):.3f}")
    wrong = sum(value < 1 for value in by_kind[QueryKind.NO_ANSWER])
    print(f"  questions without an answer that got one: {wrong} (goal 0)")
    for query, value in sorted(judged.values(), key=lambda pair: pair[1])[:WORST]:
        print(f"    {value:.2f}  {query.text!r} {dict(query.filters) or ''}")
    return int(mean(answerable) < GOAL or wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
