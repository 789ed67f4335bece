"""The protocol of `learncity evaluate`: whose lists are made, of what, and how they are counted.

Owns: views, candidates, the sample of citizens, the report. Refuses: nothing (folder.py refuses bad folders).
Called by: commands.evaluate. docs/recommender.md says the protocol in words.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol, TextIO

import numpy as np
from scipy import sparse

from recommender.baselines import LIGHTFM_INSTALLED, Baseline, LightFm, without_gaps
from recommender.components import Component, Training
from recommender.folder import Folder
from recommender.interactions import Mask, Matrix, Profiles, Vector
from recommender.measures import Tally, tie_order, top_lists
from recommender.metering import metered
from recommender.pipeline import BENCHMARK, Chooser, Model, Progress, Recipe, end_of, fit_model, validation_windows
from recommender.stacking import with_answers
from recommender.vocabulary import Rows

MOST_CITIZENS, SAMPLE_SEED = 6000, 0
LIST_LENGTH, BATCH = 100, 64
CLICKS = {"one_click": 1, "two_clicks": 2, "five_clicks": 5}
VIEWS = ("all", "warm", "cold", "new", *CLICKS)
TIMED_CITIZENS = 200
BASELINE_CITIZENS = 1000
OURS = "learncity"
Report = dict[str, object]


class Lens(Protocol):
    """Looks at lists by groups of people and places."""

    def add(self, citizen_row: int, listed: Rows, answers: Rows) -> None:
        """Take one citizen's list and answers."""
        ...

    def figures(self) -> Mapping[str, object]:
        """What it saw, as plain data."""
        ...


class Ranker(Protocol):
    """Whatever can be evaluated: scores for profiles of citizens (rows of the folder's citizens)."""

    views: tuple[str, ...]

    def score(self, citizens: Rows, profiles: Profiles) -> Matrix:
        """Finite scores (n, n_offerings)."""
        ...


@dataclass
class Ours:
    """The product's model; citizens without a profile get popularity."""

    model: Model
    views: tuple[str, ...] = VIEWS

    def score(self, citizens: Rows, profiles: Profiles) -> Matrix:
        """Scores of the stack, or popularity where there is no profile."""
        known = np.diff(profiles.matrix.indptr) > 0
        if known.all():
            return self.model.score(profiles)
        return np.tile(self.model.popularity(), (len(profiles), 1))


@dataclass
class Peer:
    """A baseline component."""

    component: Component
    views: tuple[str, ...] = VIEWS

    def score(self, citizens: Rows, profiles: Profiles) -> Matrix:
        """The component's scores; what it cannot know is 0."""
        return without_gaps(self.component.score(profiles))


@dataclass
class TrainedCitizens:
    """A peer whose citizens are trained, so that it has no views of cut profiles."""

    component: LightFm
    views: tuple[str, ...] = ("all", "warm", "cold", "new")

    def score(self, citizens: Rows, profiles: Profiles) -> Matrix:
        """The trained citizens' scores."""
        return self.component.score_citizens(citizens)


@dataclass
class Protocol20:
    """The fixed part of one evaluation: who, what, which order among equals."""

    folder: Folder
    views: tuple[str, ...] = VIEWS
    most_citizens: int = MOST_CITIZENS
    citizens: Rows = field(init=False)
    returning: Rows = field(init=False)
    new: Rows = field(init=False)
    cold: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.train_x, self.test_x = self.folder.train.matrix(), self.folder.test.matrix()
        self.citizens = self._sampled()
        known = np.diff(self.train_x.indptr) > 0
        self.returning, self.new = self.citizens[known[self.citizens]], self.citizens[~known[self.citizens]]
        self.cold = self.folder.train.counts() == 0
        self.order = tie_order(len(self.folder.catalogue))

    def _sampled(self) -> Rows:
        """Rows of the test citizens in the order of their ids as text; above 6,000 a fixed sample of them."""
        ids = sorted(self.folder.test.citizens.ids[row] for row in np.flatnonzero(np.diff(self.test_x.indptr)))
        if len(ids) > self.most_citizens:
            ids = sorted(np.random.default_rng(SAMPLE_SEED).choice(ids, self.most_citizens, replace=False).tolist())
        return self.folder.test.citizens.rows(ids)

    def lists(self, ranker: Ranker, progress: Progress) -> Iterator[tuple[str, int, Rows, Rows, Vector]]:
        """Every evaluated list: view, citizen row, offerings best first (≤ 100), answers, scores."""
        log = self.folder.train
        plans = [("all", log, self.returning), ("new", log, self.new)]
        plans += [(view, log.last(k), self.returning) for view, k in CLICKS.items()]
        plans = [plan for plan in plans if plan[0] in ranker.views and plan[0] in self.views]
        for number, (view, profile_log, citizens) in enumerate(plans):
            profiles = profile_log.profiles()
            for at in range(0, len(citizens), BATCH):
                progress(f"lists, {view}", (number + at / max(len(citizens), 1)) / len(plans))
                rows = citizens[at : at + BATCH]
                yield from self._batch(view, rows, ranker.score(rows, profiles.rows(rows)))

    def _batch(self, view: str, rows: Rows, scores: Matrix) -> Iterator[tuple[str, int, Rows, Rows, Vector]]:
        scores = np.array(scores, dtype=np.float32)
        for place, row in enumerate(rows):
            scores[place, self._taken(row)] = -np.inf
        yield from self._ranked(view, rows, scores, np.ones(len(self.cold), dtype=bool))
        if view == "all" and {"warm", "cold"} <= set(self.views):
            yield from self._ranked("warm", rows, scores, ~self.cold)
            yield from self._ranked("cold", rows, scores, self.cold)

    def _ranked(
        self, view: str, rows: Rows, scores: Matrix, among: Mask
    ) -> Iterator[tuple[str, int, Rows, Rows, Vector]]:
        answers = [self._answers(row, among) for row in rows]
        asked = [place for place, each in enumerate(answers) if len(each)]
        if not asked:
            return
        narrowed = np.where(among, scores[asked], -np.inf).astype(np.float32)
        for place, listed in zip(asked, top_lists(narrowed, self.order, LIST_LENGTH), strict=True):
            yield view, int(rows[place]), listed, answers[place], scores[place, listed]

    def _taken(self, row: int) -> Rows:
        taken: Rows = self.train_x.indices[self.train_x.indptr[row] : self.train_x.indptr[row + 1]]
        return taken

    def _answers(self, row: int, among: Mask) -> Rows:
        answers: Rows = self.test_x.indices[self.test_x.indptr[row] : self.test_x.indptr[row + 1]]
        return answers[among[answers]]

    def candidates(self, view: str) -> int:
        """How many offerings can be listed in a view."""
        return int({"warm": (~self.cold).sum(), "cold": self.cold.sum()}.get(view, len(self.cold)))


@dataclass
class Evaluation:
    """One run over one folder, or over the city's own log (then with a lens on its people and places)."""

    folder: Folder
    progress: Progress = field(default=lambda _step, _share: None)
    dump: TextIO | None = None
    recipe: Recipe = BENCHMARK
    lens_of: Callable[[], Lens] | None = None
    views: tuple[str, ...] = VIEWS
    most_citizens: int = MOST_CITIZENS
    notes: list[str] = field(default_factory=list)

    def run(self, baselines: Sequence[Baseline] = (), *, lightfm: bool = False) -> Report:
        """Fit and evaluate our model, then the baselines asked for; the report as plain data."""
        protocol = Protocol20(self.folder, self.views, self.most_citizens)
        models: dict[str, Report] = {OURS: self._ours(protocol)}
        for each in baselines:
            models[each.name] = self._baseline(protocol, each)
        if lightfm and LIGHTFM_INSTALLED:
            models[LightFm.name] = self._lightfm(protocol)
        elif lightfm:
            self.notes.append("lightfm_hybrid: not installed, row omitted. Type: pip install 'learncity[peers]'")
        name = self.folder.path.resolve().name
        return {"folder": name, "code_version": code_version(), "models": models, "notes": self.notes}

    def _ours(self, protocol: Protocol20) -> Report:
        folder = self.folder
        with metered() as choice:
            chooser = Chooser(self.recipe, self.progress)
            chosen = chooser.choose(folder.train, folder.catalogue)
        with metered(reset_peak=False) as training:
            self.progress("fitting channels", 0.0)
            model = fit_model(folder.train, folder.catalogue, chosen, self.recipe)
        ranker = Ours(model)
        views, by_group = self._views(protocol, ranker, dump=True)
        report: Report = {
            "chosen": {"weights": chosen},
            "choice": {"cpu_s": choice.cpu_s},
            "training": {"cpu_s": training.cpu_s, "peak_mib": training.peak_mib},
            "views": views,
            **by_group,
            "one_recommendation_ms": latency(ranker, protocol),
        }
        return report

    def _baseline(self, protocol: Protocol20, baseline: Baseline) -> Report:
        folder = self.folder
        with metered() as choice:
            settings, make = self._best(baseline)
        with metered() as training:
            self.progress(f"fitting {baseline.name}", 0.0)
            component = make().fit(self.recipe.training(folder.train, folder.catalogue, end_of(folder.train)))
        views, by_group = self._views(protocol, Peer(component))
        return {
            "chosen": settings,
            "choice": {"cpu_s": choice.cpu_s},
            "training": {"cpu_s": training.cpu_s, "peak_mib": training.peak_mib},
            "views": views,
            **by_group,
        }

    def _best(self, baseline: Baseline) -> tuple[dict[str, object], Callable[[], Component]]:
        """The settings with the best mean NDCG@20 on the validation windows."""
        if len(baseline.grid) == 1:
            return baseline.grid[0]
        windows = list(validation_windows(self.folder.train, self.folder.catalogue, self.recipe))
        found = []
        for number, (_, make) in enumerate(baseline.grid):
            self.progress(f"choosing {baseline.name}", number / len(baseline.grid))
            found.append(
                sum(_validated(make().fit(window.training), window.training, window.answers) for window in windows)
            )
        return baseline.grid[int(np.argmax(found))]

    def _lightfm(self, protocol: Protocol20) -> Report:
        folder = self.folder
        with metered() as training:
            self.progress("fitting lightfm_hybrid", 0.0)
            component = LightFm().fit(self.recipe.training(folder.train, folder.catalogue, end_of(folder.train)))
        views, by_group = self._views(protocol, TrainedCitizens(component))
        return {
            "chosen": {"epochs": component.epochs, "components": component.components},
            "choice": {"cpu_s": 0.0},
            "training": {"cpu_s": training.cpu_s, "peak_mib": training.peak_mib},
            "views": views,
            **by_group,
        }

    def _views(
        self, protocol: Protocol20, ranker: Ranker, *, dump: bool = False
    ) -> tuple[dict[str, Mapping[str, object]], Mapping[str, object]]:
        """Figures by view, and what the lens saw of the lists of all returning citizens."""
        asked = [view for view in ranker.views if view in self.views]
        tallies = {view: Tally.of(len(self.folder.catalogue)) for view in asked}
        lens = self.lens_of() if self.lens_of is not None else None
        for view, citizen, listed, answers, scores in protocol.lists(ranker, self.progress):
            tallies[view].add(listed, answers)
            if lens is not None and view == "all":
                lens.add(citizen, listed, answers)
            if dump and self.dump is not None:
                self.dump.writelines(self._dumped(view, citizen, listed, scores))
        views: dict[str, Mapping[str, object]] = {
            view: tally.figures(protocol.candidates(view)) for view, tally in tallies.items()
        }
        return views, lens.figures() if lens is not None else {}

    def _dumped(self, view: str, citizen: int, listed: Rows, scores: Vector) -> Iterator[str]:
        who, ids = self.folder.train.citizens.ids[citizen], self.folder.catalogue.offerings.ids
        for rank, (offering, score) in enumerate(zip(listed, scores, strict=True), start=1):
            yield f"{view}\t{who}\t{rank}\t{ids[offering]}\t{score:.6g}\n"


def _validated(component: Component, training: Training, answers: sparse.csr_array) -> float:
    """Mean NDCG@20 of a component on one validation window, over at most 1,000 citizens."""
    profiles = training.interactions.profiles()
    usable = np.flatnonzero(with_answers(answers, profiles))
    rng = np.random.default_rng(SAMPLE_SEED)
    some = np.sort(rng.choice(usable, min(BASELINE_CITIZENS, len(usable)), replace=False))
    order = tie_order(len(training.catalogue))
    tally = Tally.of(len(training.catalogue))
    for at in range(0, len(some), BATCH):
        _count(component, profiles, answers, some[at : at + BATCH], order, tally)
    return float(np.mean(tally.ndcg20))


def _count(
    component: Component, profiles: Profiles, answers: sparse.csr_array, rows: Rows, order: Rows, tally: Tally
) -> None:
    scores = without_gaps(component.score(profiles.rows(rows)))
    x, y = profiles.matrix, answers
    for place, row in enumerate(rows):
        scores[place, x.indices[x.indptr[row] : x.indptr[row + 1]]] = -np.inf
    for row, listed in zip(rows, top_lists(scores, order, LIST_LENGTH), strict=True):
        own = x.indices[x.indptr[row] : x.indptr[row + 1]]
        taken = y.indices[y.indptr[row] : y.indptr[row + 1]]
        tally.add(listed, np.setdiff1d(taken, own))


def latency(ranker: Ranker, protocol: Protocol20) -> dict[str, float]:
    """p50 and p99 CPU milliseconds of scoring the whole catalogue for one citizen."""
    rows = protocol.returning[:TIMED_CITIZENS]
    profiles = protocol.folder.train.profiles()
    spent = []
    for row in rows:
        one = profiles.rows(np.asarray([row]))
        started = time.thread_time()
        top_lists(ranker.score(np.asarray([row]), one), protocol.order, 20)
        spent.append((time.thread_time() - started) * 1000)
    if not spent:
        return {}
    return {"p50": statistics.median(spent), "p99": float(np.percentile(spent, 99))}


def code_version() -> str:
    """The installed version of this product."""
    try:
        return version("learncity")
    except PackageNotFoundError:
        return "unknown"
