"""From the city's own log to a published model: judged on the last 14 days, then fitted on everything.

Owns: the order of the steps, the judgement, what the manifest says. Refuses: to publish a model that does not beat
popularity on the last time slice. Called by: commands.train and the nightly job.

A log too small to be judged (fewer than 30 citizens came back in its last 14 days) gets plain weights: what an offering
is decides, which is right for a city that has just begun.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from recommender.artefact import ArtefactStore
from recommender.baselines import BASELINES, Baseline
from recommender.city_log import CityData, last_slice
from recommender.evaluate import OURS, Evaluation, code_version
from recommender.interactions import Interactions
from recommender.laying import SMOKE, require_sound, smoke_answers
from recommender.learned import Learned, learned_of, published
from recommender.lens import CityLens
from recommender.metering import metered
from recommender.model_card import write_card
from recommender.offering_facts import SECONDS_A_DAY, days_of
from recommender.pipeline import CITY, MIN_RETURNING, PLAIN_WEIGHTS, Chooser, Model, Progress, fit_model
from recommender.stacking import with_answers

RIVAL: Baseline = next(each for each in BASELINES if each.name == "popularity")
JUDGED_VIEWS = ("all", "warm", "cold", "one_click")
JUDGED_CITIZENS = 1500
Report = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What came of a training: `version` is "" when nothing was published, and `sentence` says why."""

    version: str
    sentence: str
    report: Report = field(default_factory=dict)
    cpu_s: float = 0.0
    peak_mib: float = 0.0

    @property
    def is_published(self) -> bool:
        """Whether the city has a new model."""
        return bool(self.version)

    def as_json(self) -> dict[str, Any]:
        """The outcome for machines."""
        cost = {"cpu_s": self.cpu_s, "peak_mib": self.peak_mib}
        return {"published": self.is_published, "version": self.version, "sentence": self.sentence,
                "training": cost, "report": self.report}  # fmt: skip


@dataclass
class Trainer:
    """One training of one city."""

    store: ArtefactStore
    now: datetime
    progress: Progress = field(default=lambda _step, _share: None)

    def train(self, city: CityData) -> Outcome:
        """Judge, fit on everything and publish; the former model stays when the new one does not beat popularity."""
        with metered() as meter:
            outcome = self._train(city)
        return Outcome(outcome.version, outcome.sentence, outcome.report, meter.cpu_s, meter.peak_mib)

    def _train(self, city: CityData) -> Outcome:
        report = self._judged(city)
        if report and not beats_popularity(report):
            return Outcome("", _lost(report), report)
        model = self._fitted(city, judged=bool(report))
        version = self._publish(city, model, report)
        said = _won(report) if report else "the log is too small to judge, so what an offering is decides"
        return Outcome(version, f"Model {version} is in use: {said}.", report)

    def _judged(self, city: CityData) -> Report:
        """Our model and popularity on the last 14 days; {} when too few citizens came back to tell them apart."""
        if not len(city.log):
            return {}
        folder = last_slice(city)
        if with_answers(folder.test.matrix(), folder.train.profiles()).sum() < MIN_RETURNING:
            return {}
        evaluation = Evaluation(
            folder, self.progress, recipe=CITY, lens_of=lambda: CityLens(city, folder),
            views=JUDGED_VIEWS, most_citizens=JUDGED_CITIZENS,
        )  # fmt: skip
        return evaluation.run([RIVAL])

    def _fitted(self, city: CityData, *, judged: bool) -> Model:
        """Weights from windows that reach to the end of the log, then the channels on all of it."""
        chosen = Chooser(CITY, self.progress).choose(city.log, city.catalogue) if judged else dict(PLAIN_WEIGHTS)
        self.progress("fitting on everything", 0.0)
        return fit_model(city.log, city.catalogue, chosen, CITY, days_of(self.now))

    def _publish(self, city: CityData, model: Model, report: Report) -> str:
        self.progress("publishing", 0.5)
        learned = learned_of(model)
        arrays, documents = published(learned)
        smoke = smoke_answers(learned, days_of(self.now))
        manifest = self._manifest(city, learned, report)
        version = self.store.publish(manifest, {**arrays, SMOKE: smoke}, documents, require_sound).version
        write_card(self.store.card_folder(version), manifest, report)
        return version

    def _manifest(self, city: CityData, learned: Learned, report: Report) -> dict[str, Any]:
        version = f"{self.now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{len(city.log):x}"
        return {
            "version": self._unused(version),
            "trained_at": self.now.isoformat(),
            "now_days": days_of(self.now),
            "code_version": code_version(),
            "rng_seed": CITY.seed,
            "training_window": window_of(city.log),
            "counts": {
                "citizens": len(city.log.citizens),
                "offerings": len(city.catalogue),
                "warm_offerings": len(learned.warm_rows),
                "pairs": len(city.log),
            },
            "channels": list(CITY.channels),
            "weights": dict(learned.weights),
            "metrics": metrics_of(report),
        }

    def _unused(self, version: str) -> str:
        """The version, or with a number behind it when the same moment was trained before (a fixed clock)."""
        tried, number = version, 1
        while (self.store.folder / tried).exists():
            number += 1
            tried = f"{version}-{number}"
        return tried


def window_of(log: Interactions) -> dict[str, str]:
    """First and last moment of the log, empty for an empty one."""
    if not len(log):
        return {}
    ends = (float(log.at_days.min()), float(log.at_days.max()))
    first, last = (datetime.fromtimestamp(day * SECONDS_A_DAY, UTC).isoformat() for day in ends)
    return {"from": first, "to": last}


def metrics_of(report: Report) -> dict[str, Any]:
    """Figures by model and view of a judgement, without groups."""
    return {name: model["views"] for name, model in report.get("models", {}).items()}


def beats_popularity(report: Report) -> bool:
    """Whether our NDCG@10 on the last slice is higher."""
    ours, rival = _ndcg10(report)
    return ours > rival


def _ndcg10(report: Report) -> tuple[float, float]:
    metrics = metrics_of(report)
    return cast(tuple[float, float], tuple(metrics[name]["all"]["ndcg@10"] for name in (OURS, RIVAL.name)))


def _won(report: Report) -> str:
    ours, rival = _ndcg10(report)
    return f"on the last 14 days its NDCG@10 is {ours:.3f}, popularity's {rival:.3f}"


def _lost(report: Report) -> str:
    ours, rival = _ndcg10(report)
    return (
        f"No new model was published: on the last 14 days its NDCG@10 is {ours:.3f} and popularity's {rival:.3f}. "
        "The former one stays in use."
    )
