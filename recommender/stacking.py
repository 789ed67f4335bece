"""Stacking: one convex fit that finds how much each feature counts.

Owns: the choice of candidates a fit sees, the conditional logit, and its optimiser. Refuses: nothing; without any
validation citizen there is nothing to fit and pipeline keeps its plain weights. Called by: pipeline.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from recommender.features import FeatureSet
from recommender.interactions import Mask, Matrix, Profiles, Vector
from recommender.vocabulary import Rows

RIDGE = 0.05
BEST, RANDOM = 200, 200
HEAD, HEAD_RIDGE = 100, 0.01
BATCH = 128


@dataclass
class Choices:
    """What citizens could have chosen and what they did: one row a candidate, citizens one after another.

    `features` (n_rows, n_features) float32; `start` (n_citizens,) first row of each; `chosen` (n_rows,) float32,
    1/|positives| at positives; `offset` (n_rows,) float32, log of 1/inclusion probability; `counts` (n_citizens,)
    float32, how much each citizen counts.
    """

    names: list[str]
    features: Matrix
    start: Rows
    chosen: Vector
    offset: Vector
    counts: Vector


def choices_of(
    features: FeatureSet,
    profiles: Profiles,
    taken: sparse.csr_array,
    answers: sparse.csr_array,
    rng: np.random.Generator,
) -> Choices:
    """Candidates of each citizen: the answers, the 200 best of all channels, and 200 others drawn at random.

    `taken` holds all a citizen took before: no candidates, also where the profile was cut to its last click. Left in,
    they would stand among what was not chosen although the citizen liked them.
    """
    parts = [
        _batch(features, profiles.rows(slice(at, at + BATCH)), taken[at : at + BATCH], answers[at : at + BATCH], rng)
        for at in range(0, len(profiles), BATCH)
    ]
    return joined(parts)


def joined(parts: list[Choices]) -> Choices:
    """Several sets of choices as one; all must have the same features."""
    sizes = np.cumsum([0, *(len(part.features) for part in parts)])
    return Choices(
        parts[0].names,
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.start + at for part, at in zip(parts, sizes, strict=False)]),
        np.concatenate([part.chosen for part in parts]),
        np.concatenate([part.offset for part in parts]),
        np.concatenate([part.counts for part in parts]),
    )


def _batch(
    features: FeatureSet,
    profiles: Profiles,
    taken: sparse.csr_array,
    answers: sparse.csr_array,
    rng: np.random.Generator,
) -> Choices:
    promising = _promising(features, profiles)
    owners, columns, chosen, offset = [], [], [], []
    for row in range(len(profiles)):
        own = taken.indices[taken.indptr[row] : taken.indptr[row + 1]]
        positives = np.setdiff1d(answers.indices[answers.indptr[row] : answers.indptr[row + 1]], own)
        picked, odds = _candidates(promising[row], positives, own, rng)
        owners.append(np.full(len(picked), row))
        columns.append(picked)
        chosen.append(np.isin(picked, positives) / max(len(positives), 1))
        offset.append(odds)
    names, values = features.gather(profiles, np.concatenate(owners), np.concatenate(columns))
    start = np.cumsum([0, *(len(each) for each in owners[:-1])])
    taken_next, odds_of_all = np.concatenate(chosen).astype(np.float32), np.concatenate(offset).astype(np.float32)
    return Choices(names, values, start, taken_next, odds_of_all, np.ones(len(start), dtype=np.float32))


def head_of(
    features: FeatureSet,
    profiles: Profiles,
    taken: sparse.csr_array,
    answers: sparse.csr_array,
    weights: Mapping[str, float],
) -> list[Choices]:
    """The first 100 each citizen would be shown with these weights, and what was taken of them; in batches.

    A citizen counts by the share of the answers among them; those who took none of them are left out.
    """
    found = []
    for at in range(0, len(profiles), BATCH):
        rows = slice(at, at + BATCH)
        part = _head_batch(features, profiles.rows(rows), taken[rows], answers[rows], weights)
        found += [part] if part is not None else []
    return found


def _head_batch(
    features: FeatureSet,
    profiles: Profiles,
    taken: sparse.csr_array,
    answers: sparse.csr_array,
    weights: Mapping[str, float],
) -> Choices | None:
    scores = features.score(profiles, weights)
    owners, columns, chosen, counts = [], [], [], []
    for row in range(len(profiles)):
        own = taken.indices[taken.indptr[row] : taken.indptr[row + 1]]
        positives = np.setdiff1d(answers.indices[answers.indptr[row] : answers.indptr[row + 1]], own)
        scores[row, own] = -np.inf
        head = np.argpartition(-scores[row], min(HEAD, scores.shape[1] - 1))[:HEAD]
        hit = np.isin(head[scores[row, head] > -np.inf], positives)
        if hit.any():
            owners.append(np.full(len(hit), row))
            columns.append(head[scores[row, head] > -np.inf])
            chosen.append(hit / hit.sum())
            counts.append(hit.sum() / len(positives))
    if not owners:
        return None
    names, values = features.gather(profiles, np.concatenate(owners), np.concatenate(columns))
    start = np.cumsum([0, *(len(each) for each in owners[:-1])])
    hits = np.concatenate(chosen).astype(np.float32)
    return Choices(names, values, start, hits, np.zeros_like(hits), np.asarray(counts, dtype=np.float32))


def _promising(features: FeatureSet, profiles: Profiles) -> Matrix:
    """The sum of the global channels, each standardised a citizen."""
    total = np.zeros((len(profiles), len(features.cold)), dtype=np.float32)
    for channel in features.globals.values():
        scores = np.nan_to_num(channel.score(profiles))
        total += (scores - scores.mean(axis=1, keepdims=True)) / (scores.std(axis=1, keepdims=True) + 1e-9)
    return total


def _candidates(promising: Vector, positives: Rows, own: Rows, rng: np.random.Generator) -> tuple[Rows, Vector]:
    """Offerings to choose from, and the log of one over the probability that each got in."""
    free = np.ones(len(promising), dtype=bool)
    free[own] = False
    ranked = np.where(free, promising, -np.inf)
    best = np.argpartition(-ranked, min(BEST, len(ranked) - 1))[:BEST]
    sure = np.union1d(positives, best[free[best]])
    free[sure] = False
    rest = np.flatnonzero(free)
    drawn = rng.choice(rest, min(RANDOM, len(rest)), replace=False)
    odds = np.zeros(len(sure) + len(drawn), dtype=np.float32)
    odds[len(sure) :] = np.log(max(len(rest), 1) / max(len(drawn), 1))
    return np.concatenate([sure, drawn]), odds


def fit_weights(choices: Choices, ridge: float = RIDGE, anchor: Vector | None = None) -> Vector:
    """w (n_features,) of min_w mean_u[-mean_p s_up + log Σ_c exp(s_uc + o_uc)] + ridge |w - anchor|², s = f·w.

    The mean over citizens is weighted by how much each counts.
    """
    size = choices.features.shape[1]
    origin = np.zeros(size) if anchor is None else anchor.astype(np.float64)
    lengths = np.diff([*choices.start, len(choices.features)])
    counts = choices.counts / choices.counts.sum()
    row_counts = np.repeat(counts, lengths)
    target = ((choices.chosen * row_counts) @ choices.features).astype(np.float64)

    def loss(weights: Vector) -> tuple[float, Vector]:
        scores = choices.features @ weights.astype(np.float32) + choices.offset
        top = np.maximum.reduceat(scores, choices.start)
        shares = np.exp(scores - np.repeat(top, lengths))
        total = np.add.reduceat(shares, choices.start)
        shares /= np.repeat(total, lengths)
        change = weights - origin
        value = counts @ (top + np.log(total)) - target @ weights + ridge * change @ change
        slope = ((shares * row_counts) @ choices.features).astype(np.float64) - target + 2 * ridge * change
        return float(value), slope

    found = minimize(loss, origin, jac=True, method="L-BFGS-B", options={"maxiter": 100, "ftol": 1e-7})
    weights: Vector = found.x.astype(np.float32)
    return weights


def with_answers(answers: sparse.csr_array, profiles: Profiles) -> Mask:
    """Citizens who brought a profile and took something new afterwards (n,)."""
    fresh = answers - answers.multiply(profiles.matrix > 0)
    fresh.eliminate_zeros()
    usable: Mask = (np.diff(sparse.csr_array(fresh).indptr) > 0) & (np.diff(profiles.matrix.indptr) > 0)
    return usable
