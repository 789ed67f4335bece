"""The algebra, each against the plain formula it is a faster form of. Matrices are never square: 7 × 5."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from recommender.als import Als
from recommender.catalogue import build_catalogue, crossed, field_of
from recommender.cosine import cosine_of
from recommender.ease import ease_weights
from recommender.extension import RidgeExtension, _dual, _primal
from recommender.interactions import Interactions, training_weights
from recommender.measures import gini, interval, ndcg, recall, tie_order, top_lists
from recommender.popularity import places_in_line
from recommender.similarity import ItemItem, largest_terms
from recommender.stacking import Choices, fit_weights
from recommender.vocabulary import Vocabulary

RNG = np.random.default_rng(5)
X = (RNG.random((7, 5)) < 0.5).astype(np.float32)


def test_ease_is_the_closed_form_of_the_paper() -> None:
    p = np.linalg.inv(X.T @ X + 3.0 * np.eye(5))
    expected = np.eye(5) - p / np.diag(p)[None, :]
    np.testing.assert_allclose(ease_weights(X.T @ X, 3.0), expected, atol=1e-5)


def test_ease_never_explains_an_offering_by_itself() -> None:
    assert not ease_weights(X.T @ X, 3.0).diagonal().any()


def test_cosine_of_the_same_people_is_one() -> None:
    gram = np.array([[4, 4, 0], [4, 4, 0], [0, 0, 0]], dtype=np.float32)
    similar = cosine_of(gram)
    assert similar[0, 1] == 1 and similar[0, 0] == 0 and not similar[2].any()


def test_the_ridge_extension_is_the_same_in_both_spaces() -> None:
    warm = sparse.csr_array(RNG.random((4, 6)).astype(np.float32))
    cold = sparse.csr_array(RNG.random((3, 6)).astype(np.float32))
    np.testing.assert_allclose(_dual(warm, cold), _primal(warm, cold), atol=1e-4)


def test_extended_columns_keep_what_was_learned_of_warm_offerings() -> None:
    features = sparse.csr_array(np.eye(5, 3, dtype=np.float32))
    extension = RidgeExtension().fit(features, np.array([0, 2, 3]), np.array([1, 4]))
    learned = RNG.random((2, 3)).astype(np.float32)
    full = extension.columns(learned)
    assert full.shape == (2, 5)
    np.testing.assert_array_equal(full[:, [0, 2, 3]], learned)


def test_an_item_item_matrix_made_in_blocks_equals_the_dense_one_while_no_term_is_cut() -> None:
    features = sparse.csr_array(RNG.random((5, 4)).astype(np.float32))
    extension = RidgeExtension().fit(features, np.array([0, 1, 4]), np.array([2, 3]))
    b = RNG.standard_normal((3, 3)).astype(np.float32)
    np.testing.assert_allclose(largest_terms(b, extension).toarray(), extension.columns(b), atol=1e-6)


def test_a_published_item_item_matrix_keeps_the_200_largest_terms_of_each_column() -> None:
    item = ItemItem()
    item.warm_rows, item.size = np.arange(230), 3
    item.weights = RNG.standard_normal((230, 3)).astype(np.float32)
    kept = item.pruned()
    assert (np.diff(sparse.csc_array(kept).indptr) == 200).all()
    assert abs(kept).max() == abs(item.weights).max()


def test_als_fold_in_solves_the_normal_equations_of_the_paper() -> None:
    als = Als(factors=3)
    als.warm_rows = np.arange(5)
    als.settle(RNG.standard_normal((5, 3)).astype(np.float32))
    rows, weights = np.array([0, 3]), np.array([1.0, 0.5], dtype=np.float32)
    v, confidence = als.v[rows], 40.0 * weights
    normal = als.v.T @ als.v + 20.0 * np.eye(3) + v.T @ np.diag(confidence - 1) @ v
    np.testing.assert_allclose(als.fold_in(rows, weights), np.linalg.solve(normal, v.T @ confidence), rtol=1e-3)


def test_the_conditional_logit_finds_the_feature_that_decides() -> None:
    features = RNG.standard_normal((60, 2)).astype(np.float32)
    start = np.arange(0, 60, 3)
    chosen = np.zeros(60, dtype=np.float32)
    chosen[[at + int(features[at : at + 3, 0].argmax()) for at in start]] = 1
    decisive, idle = fit_weights(
        Choices(["a", "b"], features, start, chosen, np.zeros(60, dtype=np.float32), np.ones(20))
    )
    assert decisive > 0.5 > abs(idle) + 0.1


def test_the_gradient_of_the_logit_is_that_of_its_loss() -> None:
    """A weight moved away from the optimum can only lose: checked on a problem of one citizen and two offerings."""
    choices = Choices(
        ["a"], np.array([[1.0], [0.0]], dtype=np.float32), np.array([0]),
        np.array([1.0, 0.0], dtype=np.float32), np.zeros(2, dtype=np.float32), np.ones(1),
    )  # fmt: skip
    [weight] = fit_weights(choices, ridge=0.15)
    assert abs(1 / (1 + np.exp(weight)) - 0.3 * weight) < 1e-3


def test_a_citizen_who_counts_nothing_moves_no_weight() -> None:
    features = np.array([[1.0], [0.0], [0.0], [1.0]], dtype=np.float32)
    chosen, offset = np.array([1, 0, 1, 0], dtype=np.float32), np.zeros(4, dtype=np.float32)
    [weight] = fit_weights(Choices(["a"], features, np.array([0, 2]), chosen, offset, np.array([1.0, 0.0])))
    [even] = fit_weights(Choices(["a"], features, np.array([0, 2]), chosen, offset, np.ones(2)))
    assert weight > 0.5 and abs(even) < 1e-6


def test_weights_stay_where_they_were_when_nothing_speaks_against_it() -> None:
    features = np.ones((4, 1), dtype=np.float32)
    choices = Choices(
        ["a"], features, np.array([0, 2]), np.array([1, 0, 1, 0], dtype=np.float32),
        np.zeros(4, dtype=np.float32), np.ones(2),
    )  # fmt: skip
    assert fit_weights(choices, 0.1, np.array([0.7], dtype=np.float32)).tolist() == [np.float32(0.7)]


def interactions(pairs: list[tuple[int, int]], days: list[float]) -> Interactions:
    rows, columns = (np.array(each, dtype=np.int64) for each in zip(*pairs, strict=True))
    citizens, offerings = Vocabulary(map(str, range(7))), Vocabulary(map(str, range(5)))
    return Interactions.plain(citizens, offerings, rows, columns, np.array(days))


def test_the_last_clicks_are_the_latest_not_the_ones_further_down() -> None:
    log = interactions([(1, 0), (1, 1), (1, 2), (6, 4)], [3.0, 1.0, 2.0, 0.5])
    kept = log.last(2)
    assert set(zip(kept.citizen_rows.tolist(), kept.offering_rows.tolist(), strict=True)) == {(1, 0), (1, 2), (6, 4)}


def test_without_moments_the_last_clicks_are_the_last_lines() -> None:
    log = interactions([(1, 0), (1, 1), (1, 2)], [np.nan] * 3)
    assert log.last(1).offering_rows.tolist() == [2]


def test_a_log_cut_to_fewer_offerings_is_renumbered() -> None:
    log = interactions([(1, 0), (2, 3), (2, 4)], [1.0, 2.0, 3.0]).onto(np.array([4, 3]))
    assert log.matrix().shape == (7, 2)
    assert log.offering_rows.tolist() == [1, 0] and log.offerings.ids == ("4", "3")


def test_an_account_nobody_verified_counts_a_tenth_and_no_account_counts_without_end() -> None:
    rows = np.array([0, 1, *[2] * 200])
    weights = training_weights(np.ones(202, dtype=np.float32), np.array([True, False, *[True] * 200]), rows)
    assert weights[0] == 1.0 and abs(weights[1] - 0.1) < 1e-6
    assert weights[2:].sum() < 61


def test_a_crossed_field_tells_combinations_apart() -> None:
    a, b = field_of("a", [["x"], ["x"], ["y"]]), field_of("b", [["1"], ["2"], []])
    both = crossed("a × b", [a, b])
    assert both.incidence.toarray().tolist() == [[1, 0], [0, 1], [0, 0]]


def test_a_catalogue_derives_hours_crosses_and_series_from_what_it_is_given() -> None:
    attributes = {"venue": [["v1"], ["v2"], ["v3"]], "operator": [["o1"], ["o1"], ["o2"]]}
    found = build_catalogue(["a", "b", "c"], attributes, np.array([1.75, 2.75, 3.5]))
    assert {field.name for field in found.fields} == {
        "venue", "operator", "start_hour", "venue × start_hour", "operator × start_hour", "venue × operator", "series",
    }  # fmt: skip
    assert found.field("start_hour").values == ("12", "18")


def test_the_place_in_line_counts_only_what_comes_before_at_the_same_operator() -> None:
    value, starts = np.array([0, 0, 1, 0, -1]), np.array([9.0, 7.0, 8.0, 3.0, np.nan])
    assert places_in_line(value, starts, now_days=5.0).tolist() == [1, 0, 0, 0, 0]


def test_ndcg_and_recall_of_a_list_worked_by_hand() -> None:
    hits = np.array([False, True, False, True])
    gained = 1 / np.log2(3) + 1 / np.log2(5)
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert abs(ndcg(hits, 3, 20) - gained / ideal) < 1e-12
    assert recall(hits, 3, 2) == 1 / 3


def test_a_citizen_with_more_answers_than_places_can_still_reach_one() -> None:
    assert ndcg(np.ones(20, dtype=bool), 50, 20) == 1.0


def test_equal_scores_are_listed_in_one_fixed_order_for_every_model() -> None:
    order = tie_order(50)
    [first], [second] = (top_lists(np.full((1, 50), value, dtype=np.float32), order, 10) for value in (0.0, 3.0))
    assert first.tolist() == second.tolist() == order[:10].tolist()
    assert first.tolist() != list(range(10))


@given(arrays.arrays(np.float32, (3, 11), elements=st.sampled_from([0.0, 1.0, 2.0, -np.inf])))
def test_the_best_of_a_list_are_its_best_and_never_what_is_excluded(scores: np.ndarray) -> None:
    for row, listed in zip(scores, top_lists(scores, tie_order(11), 4), strict=True):
        allowed = row[row > -np.inf]
        assert sorted(row[listed], reverse=True) == row[listed].tolist()
        assert row[listed].tolist() == np.sort(allowed)[::-1][:4].tolist()


def test_gini_is_nought_for_equal_shares_and_near_one_for_a_single_winner() -> None:
    assert gini(np.ones(8)) == 0
    assert gini(np.array([0.0] * 99 + [5.0])) == 0.99


def test_the_interval_holds_the_mean() -> None:
    values = RNG.random(200)
    low, high = interval(values)
    assert low < values.mean() < high
