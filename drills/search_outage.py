"""The site read by 32 connections while its search engine is stopped, silent, missing or damaged, in full size.

    python -m drills.search_outage [--seconds N] [--only embedded,8.19.20]

Prints one line a goal: id, figure, goal, pass or MISSED. Ends with 1 when a goal is missed. The site is served with the
product's own limits; the readers share the machine with it, so times are upper bounds. Each mode is read twice: whole
pages, of which most time goes into the page, and the API's answers, which are little more than the search: by those the
twin without a breaker is measured, for it loses the time of the search alone.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from drills.index_kills import CLOCK, REAL_TIME, lay, sqlite, url_of
from fixtures.factories import NOW
from indexer.engines.elasticsearch import ElasticsearchEngine
from indexer.engines.protocol import SearchEngine
from indexer.engines.tantivy import TantivyEngine
from indexer.upkeep import IndexUpkeep
from tests.faults.outage import ANSWER, NEVER, PAGES, Answers, read, seconds_until_whole, served, silenced
from tests.services import elasticsearch
from tests.services.elasticsearch import Node

CONNECTIONS, OFFERINGS = 32, 2_000
WHAT = {"pages": PAGES, "answers": (ANSWER,)}
SLOWEST_P99_MS, LEAST_SHARE, BACK_SECONDS = 500, 0.5, 10

Goal = tuple[str, str, str, bool]
"""Id, figure, goal, reached."""


@dataclass(frozen=True)
class City:
    """A catalogue of offerings in English, and the environment of its site."""

    environment: dict[str, str]
    folder: Path
    rebuild: Callable[[SearchEngine], object]


def main() -> int:
    """Run the drills asked for; return 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=8, help="how long each mode is read")
    versions = {version.number: version for version in elasticsearch.versions_that_run()}
    parser.add_argument("--only", default=",".join(["embedded", *versions]))
    asked = parser.parse_args()
    missed = 0
    for name in asked.only.split(","):
        goals = embedded(asked.seconds) if name == "embedded" else at_an_address(versions[name], asked.seconds)
        for goal, figure, wanted, reached in goals:
            print(f"{goal:40} {figure:86} goal: {wanted:40} {'pass' if reached else 'MISSED'}", flush=True)
            missed += not reached
    return bool(missed)


def embedded(seconds: float) -> Iterator[Goal]:
    """S6 with the index in a folder: gone, then damaged, under a site that reads it."""
    with city() as laid:
        root = laid.folder / "index"
        laid.rebuild(TantivyEngine(root, REAL_TIME))
        with served(laid.environment) as address:
            normal = readings(address, seconds)
            for name, damage in (("folder gone", shutil.rmtree), ("folder damaged", _damage)):
                damage(root)
                yield from _outage_goals(f"S6 embedded, {name}", readings(address, seconds), normal)
                laid.rebuild(TantivyEngine(root, REAL_TIME))
                yield _back_goal(f"S6 embedded, {name}", address)


def at_an_address(version: elasticsearch.Version, seconds: float) -> Iterator[Goal]:
    """S6 with a real Elasticsearch: silent (SIGSTOP), then killed; and the twin without a breaker."""
    with elasticsearch.running(version) as node, city(node.url) as laid:
        laid.rebuild(ElasticsearchEngine(node.url, REAL_TIME))
        with served(laid.environment) as address:
            seconds_until_whole(address)
            normal = readings(address, seconds)
            with silenced(node):
                yield from _outage_goals(f"S6 {version.number} silent", readings(address, seconds), normal)
            yield _back_goal(f"S6 {version.number} silent", address)
            node.kill()
            yield from _outage_goals(f"S6 {version.number} killed", readings(address, seconds), normal)
            node.start_again()
            yield _back_goal(f"S6 {version.number} killed", address)
        yield _twin_goal(node, laid, normal["answers"], seconds)


def readings(address: tuple[str, int], seconds: float) -> dict[str, Answers]:
    """Read whole pages, then the API's answers, for so long each."""
    return {what: read(address, connections=CONNECTIONS, seconds=seconds, pages=pages) for what, pages in WHAT.items()}


def _outage_goals(name: str, found: dict[str, Answers], normal: dict[str, Answers]) -> Iterator[Goal]:
    for what, answers in found.items():
        yield _outage_goal(f"{name}, {what}", answers, normal[what])


def _outage_goal(name: str, answers: Answers, normal: Answers) -> Goal:
    share = answers.count / normal.count
    p99, usual = answers.percentile_ms(0.99), normal.percentile_ms(0.99)
    other = answers.count - answers.statuses[200]
    figure = (
        f"{answers.count} answers, {other} not 200, {answers.count - answers.reduced} not marked, p99 {p99:.0f} ms "
        f"(normal {usual:.0f}), {share:.0%} of normal"
    )
    reached = (
        not other and answers.reduced == answers.count and p99 < max(SLOWEST_P99_MS, usual) and share >= LEAST_SHARE
    )
    return name, figure, f"all 200, marked, p99 {SLOWEST_P99_MS} ms or normal, {LEAST_SHARE:.0%}", reached


def _back_goal(name: str, address: tuple[str, int]) -> Goal:
    seconds = seconds_until_whole(address)
    return f"{name}: back", f"{seconds:.1f} s", f"{BACK_SECONDS} s", seconds <= BACK_SECONDS


def _twin_goal(node: Node, laid: City, normal: Answers, seconds: float) -> Goal:
    with served(laid.environment, failures=NEVER) as address, ExitStack() as stopped:
        seconds_until_whole(address)
        stopped.enter_context(silenced(node))
        answers = read(address, connections=CONNECTIONS, seconds=seconds, pages=WHAT["answers"])
    share = answers.count / normal.count
    figure = f"{answers.count} answers, {share:.0%} of normal, p50 {answers.percentile_ms(0.5):.0f} ms"
    return "S6 twin: no breaker, silent", figure, f"less than {LEAST_SHARE:.0%}", share < LEAST_SHARE


def _damage(root: Path) -> None:
    meta = root / (root / "current").read_text("ascii").strip() / "meta.json"
    meta.write_bytes(meta.read_bytes()[:40])


@contextmanager
def city(search_url: str = "") -> Iterator[City]:
    """Yield a city of OFFERINGS offerings whose site asks the engine at an address, or in its folder."""
    with sqlite() as database, tempfile.TemporaryDirectory() as folder:
        lay(database, OFFERINGS)
        environment = {
            "LEARNCITY_DATA_DIR": folder,
            "LEARNCITY_DATABASE_URL": url_of(database),
            "LEARNCITY_NOW": NOW.isoformat(),
            "LEARNCITY_SEARCH_URL": search_url,
        }

        def rebuild(engine: SearchEngine) -> object:
            return IndexUpkeep(database, engine, clock=CLOCK, system_clock=REAL_TIME).rebuild()

        yield City(environment, Path(folder), rebuild)


if __name__ == "__main__":
    sys.exit(main())
