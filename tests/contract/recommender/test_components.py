"""Every scoring component keeps the same promises, whatever it computes."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from recommender.affinity import Affinity, CoOccurrence
from recommender.als import Als
from recommender.baselines import Bm25, PlainAls, PlainEase
from recommender.catalogue import Catalogue, build_catalogue
from recommender.components import Component, Training
from recommender.content import Content
from recommender.cosine import Cosine
from recommender.ease import Ease
from recommender.interactions import Interactions, Profiles
from recommender.popularity import Popularity
from recommender.vocabulary import Vocabulary

CITIZENS, OFFERINGS = 7, 5
MAKERS: dict[str, Callable[[], Component]] = {
    "ease": Ease,
    "cosine": Cosine,
    "als": lambda: Als(factors=3, iterations=3),
    "content": Content,
    "affinity": lambda: Affinity("topic"),
    "together": lambda: CoOccurrence("topic"),
    "popularity": Popularity,
    "bm25": lambda: Bm25(3),
    "plain als": lambda: PlainAls(factors=3, iterations=3),
    "plain ease": PlainEase,
}
ANONYMOUS = {"popularity", "bm25"}
"""Components that say the same, or zero, of a citizen they know nothing of."""
OF_A_FIELD = {"affinity", "together"}
"""Made for each field of a catalogue; an empty one has none."""
ORDERLESS = ("ease", "cosine", "content", "affinity", "together", "popularity")
"""Components that start from no random number."""


def catalogue() -> Catalogue:
    attributes = {
        "topic": [["ink"], ["ink", "paper"], ["tai_chi"], ["tai_chi"], ["ink"]],
        "operator": [["library"], ["library"], ["park"], ["park"], ["library"]],
    }
    return build_catalogue([f"o{n}" for n in range(OFFERINGS)], attributes, np.array([10.5, 12.0, np.nan, 11.25, 14.0]))


def log() -> Interactions:
    """Offering o4 is newer than the log: nobody took it; citizen c6 has no history."""
    pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (4, 0), (5, 2), (5, 1)]
    rows, columns = (np.array(each, dtype=np.int64) for each in zip(*pairs, strict=True))
    citizens = Vocabulary(f"c{n}" for n in range(CITIZENS))
    return Interactions.plain(citizens, catalogue().offerings, rows, columns, np.arange(len(pairs)) / 2)


def profiles(rows: list[list[int]]) -> Profiles:
    """Profiles holding these offerings, one list a citizen."""
    indptr = np.cumsum([0, *(len(each) for each in rows)])
    indices = np.array([column for each in rows for column in each], dtype=np.int64)
    matrix = sparse.csr_array((np.ones(len(indices), dtype=np.float32), indices, indptr), shape=(len(rows), OFFERINGS))
    return Profiles(matrix)


@pytest.fixture(params=MAKERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fitted(name: str) -> Component:
    return MAKERS[name]().fit(Training(log(), catalogue(), now_days=6.0))


def test_each_citizen_gets_one_number_for_each_offering(fitted: Component) -> None:
    scores = fitted.score(profiles([[0], [2, 3], [1]]))
    assert scores.shape == (3, OFFERINGS)
    assert scores.dtype == np.float32


def test_a_citizen_without_history_is_unknown_not_zero(fitted: Component, name: str) -> None:
    scores = fitted.score(profiles([[], [0]]))
    if name in ANONYMOUS:
        assert np.isfinite(scores[0]).all()
    else:
        assert np.isnan(scores[0]).all()
    assert np.isfinite(scores[1]).all()


def test_an_offering_newer_than_the_log_can_be_scored_and_breaks_nothing(fitted: Component) -> None:
    scores = fitted.score(profiles([[4, 0]]))
    assert scores.shape == (1, OFFERINGS)
    assert not np.isinf(scores).any()


def test_no_citizens_asked_gives_no_rows(fitted: Component) -> None:
    assert fitted.score(profiles([])).shape == (0, OFFERINGS)


@pytest.mark.parametrize("whole", [name for name in MAKERS if name not in OF_A_FIELD])
def test_an_empty_catalogue_gives_lists_of_nothing(whole: str) -> None:
    nothing = Training(log().onto(np.array([], dtype=np.int64)), build_catalogue([], {}, np.array([])), now_days=6.0)
    asked = Profiles(sparse.csr_array((3, 0), dtype=np.float32))
    assert MAKERS[whole]().fit(nothing).score(asked).shape == (3, 0)


@given(st.permutations(range(CITIZENS)))
def test_who_stands_where_in_the_log_changes_no_score(order: list[int]) -> None:
    known = log()
    moved = replace(known, citizen_rows=np.asarray(order)[known.citizen_rows])
    for taste in ORDERLESS:
        [one], [other] = (
            MAKERS[taste]().fit(Training(each, catalogue(), now_days=6.0)).score(profiles([[0, 2]]))
            for each in (known, moved)
        )
        np.testing.assert_allclose(one, other, atol=1e-5, err_msg=taste)


@given(st.permutations(range(OFFERINGS)))
def test_offerings_in_another_order_keep_their_scores(order: list[int]) -> None:
    rows = np.asarray(order)
    for taste in ORDERLESS:
        plain, moved = (
            MAKERS[taste]().fit(Training(each, cut, now_days=6.0))
            for each, cut in ((log(), catalogue()), (log().onto(rows), catalogue().subset(rows)))
        )
        [one], [other] = plain.score(profiles([[0, 2]])), moved.score(profiles([[order.index(0), order.index(2)]]))
        np.testing.assert_allclose(one[rows], other, atol=1e-5, err_msg=taste)


@given(st.floats(0.05, 20))
def test_the_unit_of_the_weights_changes_no_item_column(unit: float) -> None:
    known = log()
    scaled = replace(known, weights=(known.weights * np.float32(unit)).astype(np.float32))
    for taste in ("ease", "cosine", "content", "together"):
        [one], [other] = (
            MAKERS[taste]().fit(Training(each, catalogue(), now_days=6.0)).score(profiles([[0, 2]]))
            for each in (known, scaled)
        )
        np.testing.assert_allclose(one, other, atol=1e-4, err_msg=taste)


def test_a_log_nobody_shares_still_fits(name: str) -> None:
    lonely = log().only(np.array([True] + [False] * 10))
    scores = MAKERS[name]().fit(Training(lonely, catalogue(), now_days=6.0)).score(profiles([[0], [1]]))
    assert scores.shape == (2, OFFERINGS)
    assert not np.isinf(scores).any()


@pytest.mark.parametrize("taste", ["ease", "cosine", "als", "content", "affinity"])
def test_who_took_ink_is_given_ink_before_tai_chi(taste: str) -> None:
    fitted = MAKERS[taste]().fit(Training(log(), catalogue(), now_days=6.0))
    [scores] = fitted.score(profiles([[0]]))
    assert scores[1] > scores[3]


@pytest.mark.parametrize("carried", ["ease", "cosine", "als", "content", "affinity"])
def test_an_offering_nobody_tried_is_carried_by_what_it_is(carried: str) -> None:
    fitted = MAKERS[carried]().fit(Training(log(), catalogue(), now_days=6.0))
    ink_lover, tai_chi_lover = fitted.score(profiles([[0, 1], [2, 3]]))
    assert ink_lover[4] > tai_chi_lover[4]
