"""Measures of a ranked list and of many: NDCG, recall, coverage, Gini, bootstrap intervals; the tie rule.

Owns: the formulas of docs/recommender.md. Refuses: nothing. Called by: evaluate, modelcard, tests.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.interactions import Mask, Matrix, Vector
from recommender.vocabulary import Rows

Figures = npt.NDArray[np.float64]
TIE_SEED, BOOTSTRAP_SEED = 20160408, 0
RESAMPLES = 1000
FIGURES = (
    "ndcg@10", "ndcg@20", "ndcg@20_low", "ndcg@20_high", "recall@20", "recall@100", "coverage@20", "gini@20",
)  # fmt: skip


def tie_order(n_offerings: int) -> Rows:
    """Columns in the order in which equal scores are listed: one fixed random number an offering, for every model."""
    return np.random.default_rng(TIE_SEED).permutation(n_offerings)


def top_lists(scores: Matrix, order: Rows, n: int) -> list[Rows]:
    """The n best columns of each row, best first, ties by `order`; columns of -inf are no candidates."""
    laid = scores[:, order]
    n = min(n, laid.shape[1])
    bounds = np.partition(laid, laid.shape[1] - n, axis=1)[:, laid.shape[1] - n]
    return [order[_top(row, bound, n)] for row, bound in zip(laid, bounds, strict=True)]


def _top(row: Vector, bound: float, n: int) -> Rows:
    among = np.flatnonzero((row >= bound) & (row > -np.inf))
    best: Rows = among[np.argsort(-row[among], kind="stable")[:n]]
    return best


def ndcg(hits: Mask, n_answers: int, n: int) -> float:
    """Binary NDCG@n of one list; `hits` says which places hold an answer; ideal is min(n, answers) in front."""
    discount = 1 / np.log2(np.arange(2, n + 2))
    gained = float(discount[: len(hits)][hits[:n]].sum()) if len(hits) <= n else float(discount[hits[:n]].sum())
    return gained / float(discount[: min(n, n_answers)].sum())


def recall(hits: Mask, n_answers: int, n: int) -> float:
    """Share of the answers among the first n places."""
    return float(hits[:n].sum()) / n_answers


def interval(values: Figures) -> tuple[float, float]:
    """Bootstrap 95 % interval of the mean over citizens (1,000 resamples, seeded)."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def gini(amounts: Figures) -> float:
    """Gini coefficient of non-negative amounts: 0 when all are equal, near 1 when one has everything."""
    ordered = np.sort(amounts)
    total = ordered.sum()
    if total <= 0:
        return 0.0
    rank = np.arange(1, len(ordered) + 1)
    return float((2 * rank - len(ordered) - 1) @ ordered / (len(ordered) * total))


@dataclass
class Tally:
    """What was listed and hit in one view, citizen after citizen."""

    n_offerings: int
    ndcg10: list[float]
    ndcg20: list[float]
    recall20: list[float]
    recall100: list[float]
    exposure: Figures

    @classmethod
    def of(cls, n_offerings: int) -> "Tally":
        """An empty tally over a catalogue of that many offerings."""
        return cls(n_offerings, [], [], [], [], np.zeros(n_offerings))

    def add(self, listed: Rows, answers: Rows) -> None:
        """Count one citizen's list (up to 100) against what the citizen took."""
        hits = np.isin(listed, answers)
        self.ndcg10.append(ndcg(hits, len(answers), 10))
        self.ndcg20.append(ndcg(hits, len(answers), 20))
        self.recall20.append(recall(hits, len(answers), 20))
        self.recall100.append(recall(hits, len(answers), 100))
        self.exposure[listed[:20]] += 1

    def figures(self, n_candidates: int) -> dict[str, float | int | None]:
        """The view as it is reported; figures of a view without citizens are null."""
        if not self.ndcg20:
            return {"n_citizens": 0, **dict.fromkeys(FIGURES, None)}
        low, high = interval(np.asarray(self.ndcg20))
        return {
            "n_citizens": len(self.ndcg20),
            "ndcg@10": float(np.mean(self.ndcg10)),
            "ndcg@20": float(np.mean(self.ndcg20)),
            "ndcg@20_low": low,
            "ndcg@20_high": high,
            "recall@20": float(np.mean(self.recall20)),
            "recall@100": float(np.mean(self.recall100)),
            "coverage@20": float((self.exposure > 0).sum() / max(n_candidates, 1)),
            "gini@20": gini(self.exposure),
        }
