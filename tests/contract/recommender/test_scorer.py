"""What lists may rely on when they ask the model: the same scores as the fit, exact reasons, new offerings at once."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.artefact import Artefact
from recommender.laid import LaidScorer
from recommender.laying import LoadedModel, lay
from recommender.learned import learned_from, learned_of, published
from recommender.offering_facts import OfferingFacts
from recommender.pipeline import CITY, PLAIN_WEIGHTS, Chooser, Model, end_of, fit_model
from recommender.scorer import Scoring
from tests.taste_city import EMPTY, LAST_DAY, TASTES, Drawn, draw_city

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=LAST_DAY)
NEW_ID, GONE_ID = 900, 901


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw_city()


@pytest.fixture(scope="module")
def model(drawn: Drawn) -> Model:
    log, catalogue = drawn.city.log, drawn.city.catalogue
    weights = Chooser(CITY).choose(log, catalogue)
    assert weights.keys() != PLAIN_WEIGHTS.keys()
    return fit_model(log, catalogue, weights, CITY, LAST_DAY)


@pytest.fixture(scope="module")
def loaded(model: Model) -> LoadedModel:
    return LoadedModel(learned_of(model), "test", {})


@pytest.fixture(scope="module")
def scorer(loaded: LoadedModel, drawn: Drawn) -> LaidScorer:
    return lay(loaded, drawn.facts, NOW)


def of_taste(drawn: Drawn, taste: str) -> list[int]:
    return [each.offering_id for each in drawn.facts if taste in each.attributes["topic"]]


def taste_of(facts: dict[int, OfferingFacts], offering_id: int) -> str:
    return facts[offering_id].attributes["topic"][0]


def test_it_answers_the_contract(scorer: LaidScorer) -> None:
    asked: Scoring = scorer
    n = len(asked.offering_ids)
    assert asked.popularity.shape == asked.warm.shape == (n,)
    assert np.isfinite(asked.popularity).all() and (asked.popularity >= 0).all()


def test_a_profile_asked_alone_scores_as_the_fit_scores_it(scorer: LaidScorer, model: Model, drawn: Drawn) -> None:
    profiles = drawn.city.log.profiles()
    for row in range(12):
        held = profiles.matrix[[row]]
        asked = {int(drawn.city.log.offerings.ids[c]): float(w) for c, w in zip(held.indices, held.data, strict=True)}
        [expected] = model.score(profiles.rows(np.array([row])))
        np.testing.assert_allclose(scorer.score(asked).scores, expected, atol=2e-3)


def test_what_is_published_and_read_back_scores_the_same(scorer: LaidScorer, loaded: LoadedModel, drawn: Drawn) -> None:
    arrays, documents = published(loaded.learned)
    assert all(each.dtype.kind in "fiub" for each in arrays.values()), "plain numbers, nothing to unpickle"
    told = json.loads(json.dumps(documents))
    read = learned_from(Artefact("again", {}, arrays, told, Path("nowhere")))
    again = lay(LoadedModel(read, "again", {}), drawn.facts, NOW)
    profile = {each.offering_id: 0.5 for each in drawn.facts[3:9]}
    np.testing.assert_allclose(again.score(profile).scores, scorer.score(profile).scores, atol=1e-5)


def test_one_click_is_enough_for_a_list_of_that_taste(scorer: LaidScorer, drawn: Drawn) -> None:
    facts = {each.offering_id: each for each in drawn.facts}
    for taste in TASTES:
        clicked = of_taste(drawn, taste)[0]
        scores = scorer.score({clicked: 0.5}).scores
        listed = [int(each) for each in scorer.offering_ids[np.argsort(-scores)] if each != clicked][:10]
        assert sum(taste_of(facts, each) == taste for each in listed) >= 5


def test_a_profile_that_holds_nothing_known_is_unknown_not_zero(scorer: LaidScorer) -> None:
    for profile in ({}, {12345: 1.0}, {1: -0.5}):
        answer = scorer.score(profile)
        assert np.isnan(answer.scores).all()
        assert answer.contributions(0) == ()


def test_what_is_over_stays_in_the_profile_and_leaves_the_candidates(loaded: LoadedModel, drawn: Drawn) -> None:
    over, live = drawn.facts[:20], drawn.facts[20:]
    scorer = lay(loaded, live, NOW)
    gone = over[0].offering_id
    assert scorer.column(gone) is None and gone not in scorer.offering_ids
    assert np.isfinite(scorer.score({gone: 1.0}).scores).all()


def test_an_offering_newer_than_the_model_is_scored_at_once_by_what_it_is(loaded: LoadedModel, drawn: Drawn) -> None:
    like = next(each for each in drawn.facts if each.attributes["topic"][0] == "tea")
    new = dataclasses.replace(like, offering_id=NEW_ID)
    scorer = lay(loaded, [*drawn.facts, new], NOW)
    column = scorer.column(NEW_ID)
    assert column is not None and not scorer.warm[column]
    tea, opera = (scorer.score({of_taste(drawn, taste)[1]: 1.0}).scores for taste in ("tea", "opera"))
    assert tea[column] > opera[column]
    assert np.isfinite(scorer.score({NEW_ID: 1.0}).scores).all()


def test_values_the_model_never_saw_break_nothing(loaded: LoadedModel, drawn: Drawn) -> None:
    strange = OfferingFacts(NEW_ID, {"topic": ("falconry",), "venue": ("77",), "operator": ("9",)}, ("hawk",), LAST_DAY)
    bare = OfferingFacts(GONE_ID, {}, (), float("nan"))
    scorer = lay(loaded, [*drawn.facts, strange, bare], NOW)
    for profile in ({NEW_ID: 1.0}, {GONE_ID: 1.0}, {drawn.facts[0].offering_id: 1.0}):
        assert np.isfinite(scorer.score(profile).scores).all()
    assert np.isfinite(scorer.similar(GONE_ID)[:-1]).all()


def test_the_order_of_the_live_offerings_is_that_of_the_facts(loaded: LoadedModel, drawn: Drawn) -> None:
    forwards, backwards = lay(loaded, drawn.facts, NOW), lay(loaded, drawn.facts[::-1], NOW)
    profile = {drawn.facts[3].offering_id: 1.0, drawn.facts[40].offering_id: 0.5}
    assert backwards.offering_ids.tolist() == forwards.offering_ids.tolist()[::-1]
    np.testing.assert_allclose(backwards.score(profile).scores[::-1], forwards.score(profile).scores, atol=1e-5)


def test_no_live_offering_gives_empty_answers(loaded: LoadedModel, drawn: Drawn) -> None:
    scorer = lay(loaded, [], NOW)
    assert scorer.score({drawn.facts[0].offering_id: 1.0}).scores.shape == (0,)
    assert scorer.similar(drawn.facts[0].offering_id).shape == (0,)
    assert scorer.likeness(np.array([], dtype=np.int64)).shape == (0, 0)


def test_a_city_that_has_just_begun_is_served_by_what_offerings_are() -> None:
    fitted = fit_model(EMPTY.city.log, EMPTY.city.catalogue, dict(PLAIN_WEIGHTS), CITY, LAST_DAY)
    scorer = lay(LoadedModel(learned_of(fitted), "young", {}), EMPTY.facts, NOW)
    assert not scorer.warm.any()
    scores = scorer.score({EMPTY.facts[0].offering_id: 1.0}).scores
    assert np.isfinite(scores).all() and scores.argmax() == 0


def test_reasons_name_what_the_profile_really_gave(scorer: LaidScorer, drawn: Drawn) -> None:
    tea, coding = of_taste(drawn, "tea")[:2], of_taste(drawn, "coding")[:1]
    answer = scorer.score(dict.fromkeys([*tea, *coding], 1.0))
    asked = scorer.column(of_taste(drawn, "tea")[4])
    assert asked is not None
    told = answer.contributions(asked, n=20)
    assert {each.offering_id for each in told if each.channel == "topic"} <= set(tea)
    assert [each.value for each in told if each.channel == "topic"] in ([], ["tea"])
    assert any(each.offering_id in tea for each in told)


def test_the_parts_of_a_score_that_are_told_add_up_to_no_more_than_all(scorer: LaidScorer, drawn: Drawn) -> None:
    answer = scorer.score({each.offering_id: 0.5 for each in drawn.facts[:9]})
    for column in range(0, 100, 11):
        told = answer.contributions(column, n=50)
        shares = [each.share for each in told]
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) <= 1 + 1e-6
        assert all(0 < each.term_share <= 1 for each in told)
        assert len(answer.contributions(column, n=3)) <= 3


def test_a_term_is_what_leaving_it_out_takes_away(scorer: LaidScorer, drawn: Drawn) -> None:
    """For EASE: the score of two clicks less that of one is the other's term, before it is bent."""
    ease = next(each for each in scorer.weighed if each.name == "ease")
    held, _ = scorer.fold_in({1: 1.0, 2: 0.5, 3: 0.8})
    less, _ = scorer.fold_in({1: 1.0, 3: 0.8})
    both, one = ease.channel.evidence(held), ease.channel.evidence(less)
    alone = ease.channel.evidence(scorer.fold_in({2: 0.5})[0])
    if both is not None and one is not None and alone is not None:
        np.testing.assert_allclose(both - one, alone, atol=1e-6)


def test_less_like_this_lowers_what_is_alike_and_leaves_the_rest(scorer: LaidScorer, drawn: Drawn) -> None:
    liked, disliked = of_taste(drawn, "tea")[0], of_taste(drawn, "opera")[0]
    before = scorer.score({liked: 1.0}).scores
    after = scorer.score({liked: 1.0, disliked: -0.5}).scores
    fall = before - after
    np.testing.assert_allclose(fall, scorer.aversion([disliked]), atol=1e-5)
    assert (fall >= 0).all() and fall.argmax() == scorer.column(disliked)
    opera = [scorer.column(each) for each in of_taste(drawn, "opera")]
    assert fall[opera].mean() > 2 * fall.mean()


def test_similar_offerings_are_of_the_same_kind_and_never_itself(scorer: LaidScorer, drawn: Drawn) -> None:
    facts = {each.offering_id: each for each in drawn.facts}
    for taste in TASTES:
        asked = of_taste(drawn, taste)[0]
        similar = scorer.similar(asked)
        own = scorer.column(asked)
        assert own is not None and np.isnan(similar[own])
        best = scorer.offering_ids[np.argsort(-np.nan_to_num(similar, nan=-np.inf))[:6]]
        assert sum(taste_of(facts, int(each)) == taste for each in best) >= 4


def test_nothing_is_similar_to_what_was_never_seen(scorer: LaidScorer) -> None:
    assert np.isnan(scorer.similar(987654)).all()


def test_likeness_is_symmetric_between_nought_and_one_with_one_on_the_diagonal(scorer: LaidScorer) -> None:
    alike = scorer.likeness(np.array([5, 0, 33, 7]))
    np.testing.assert_allclose(alike, alike.T, atol=1e-6)
    assert (alike >= 0).all() and (alike <= 1).all() and alike.diagonal().tolist() == [1, 1, 1, 1]


@given(st.dictionaries(st.integers(1, 125), st.sampled_from([0.1, 0.5, 0.8, 1.0]), min_size=1, max_size=9))
def test_the_order_in_which_a_profile_is_told_does_not_matter(profile: dict[int, float]) -> None:
    scorer = _shared()
    told = scorer.score(profile).scores
    again = scorer.score(dict(reversed(profile.items()))).scores
    np.testing.assert_allclose(told, again, atol=1e-4)
    assert np.isfinite(told).all() or set(profile) <= set(range(121, 126))


_kept: list[LaidScorer] = []


def _shared() -> LaidScorer:
    """One scorer for all examples: hypothesis calls a test many times."""
    if not _kept:
        drawn = draw_city()
        fitted = fit_model(drawn.city.log, drawn.city.catalogue, dict(PLAIN_WEIGHTS), CITY, end_of(drawn.city.log))
        _kept.append(lay(LoadedModel(learned_of(fitted), "shared", {}), drawn.facts, NOW))
    return _kept[0]
