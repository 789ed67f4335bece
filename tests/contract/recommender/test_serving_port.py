"""What every Recommender promises a page, in every state of a city: it answers, keeps the rules, says who did."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from city.clock import FixedClock
from city.model import Enrolment, InteractionKind
from city.ports import NullRecommender, Position, RecommendationRequest, Recommender
from city.store.database import Database
from fixtures.factories import NOW, SHANGHAI, an_interaction, an_offering
from recommender.artefact import ArtefactStore
from recommender.city_log import read_city
from recommender.refreshing import Refresher
from recommender.serving import LiveRecommender
from recommender.training import Trainer
from tests.small_city import SmallCity, lay_small_city

CLOCK = FixedClock(NOW, SHANGHAI)
SOURCES = {"personal", "similar", "popular_near", "newest", "none"}
HOME = Position(30.512, 120.847)


@dataclass
class Town:
    """The small city with some history, and where its model stands."""

    database: Database
    city: SmallCity
    store: ArtefactStore
    template: Path
    recommender: Recommender = NullRecommender()  # noqa: RUF009  (stateless)
    refresher: Refresher | None = None

    def open(self) -> Town:
        """Take whatever stands now as a site would when it starts."""
        self.refresher = Refresher(self.database, self.store, CLOCK, seconds=lambda: 0.0)
        self.refresher.refresh()
        self.recommender = LiveRecommender(self.database, CLOCK, self.refresher)
        return self

    def id(self, name: str) -> int:
        return self.city.offerings[name]

    def did(self, slug: str, name: str, kind: str = "save") -> None:
        with self.database.writing() as work:
            work.interactions.add(an_interaction(self.city.citizens[slug], self.id(name), kind))
            work.commit()

    def asks(self, slug: str = "shen", **values: object) -> RecommendationRequest:
        asked = RecommendationRequest(n=10, citizen_id=self.city.citizens[slug], area_id="liupu", near=HOME)
        return replace(asked, **values)  # type: ignore[arg-type]

    def listed(self, **values: object) -> list[int]:
        return [item.offering_id for item in self.recommender.recommend(self.asks(**values)).items]


def train(town: Town) -> None:
    """Put the model that was learned from this very town into place."""
    shutil.copytree(town.template / "artefacts", town.store.folder)


def damage(town: Town) -> None:
    train(town)
    next(town.store.folder.glob("*/*.npy")).write_bytes(b"not an array")


def empty(town: Town) -> None:
    train(town)
    with town.database.writing() as work:
        for offering in work.offerings.many(list(town.city.offerings.values())):
            offering.status = "withdrawn"
            work.changed(offering, NOW)
        work.commit()


def begin(town: Town) -> None:
    """Nothing is done: a city without a model."""


STATES: dict[str, Callable[[Town], None]] = {
    "with a model": train,
    "without a model": begin,
    "with a damaged model": damage,
    "with an empty catalogue": empty,
    "with a dead database": train,
}


@pytest.fixture(scope="module")
def template(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SmallCity]:
    """A folder with the small city, where three people saved and went and some looked around, and its model."""
    folder = tmp_path_factory.mktemp("town")
    shutil.copy(migrated_file, folder / "city.db")
    database = Database(f"sqlite:///{folder / 'city.db'}")
    town = Town(database, lay_small_city(database), ArtefactStore(folder), folder)
    for slug, name, kind in (
        ("shen", "brush", "attend"), ("shen", "couplets", "view"), ("lin", "brush", "save"), ("lin", "plum", "enrol"),
        ("zhou", "choir", "save"), ("zhou", "phone", "view"), ("c0", "plum", "save"), ("c1", "choir", "save"),
    ):  # fmt: skip
        town.did(slug, name, kind)
    assert Trainer(town.store, NOW).train(read_city(database, NOW)).is_published
    database.dispose()
    return folder, town.city


@pytest.fixture
def town(template: tuple[Path, SmallCity], tmp_path: Path) -> Iterator[Town]:
    """A copy of the small city, without its model."""
    folder, city = template
    shutil.copy(folder / "city.db", tmp_path / "city.db")
    database = Database(f"sqlite:///{tmp_path / 'city.db'}")
    yield Town(database, city, ArtefactStore(tmp_path), folder)
    database.dispose()


@pytest.fixture(params=STATES)
def any_town(request: pytest.FixtureRequest, town: Town) -> Iterator[Town]:
    """The small city in every state."""
    STATES[request.param](town)
    town.open()
    if request.param == "with a dead database":
        _kill(town.database)
    yield town


def _kill(database: Database) -> None:
    """Take the file away under the process, as a lost disk does; every new connection fails."""
    database.dispose()
    path = Path(str(database.engine.url.database))
    path.unlink()
    path.mkdir()


REQUESTS: dict[str, dict[str, object]] = {
    "a citizen with history": {},
    "a citizen without history": {"citizen_id": 7},
    "a citizen nobody knows": {"citizen_id": 987654},
    "a visitor with a profile": {"citizen_id": None, "profile": (1, 2), "dismissed": (3,)},
    "a visitor whose profile is of another world": {"citizen_id": None, "profile": (10**12, -5)},
    "somebody whose switch is off": {"personal": False},
    "somebody from an unknown area": {"area_id": "atlantis", "near": None},
    "somebody who wants nothing": {"n": 0},
    "somebody who wants everything": {"n": 100_000},
    "somebody at the pole": {"near": Position(90.0, 0.0), "reach_minutes": 240},
    "somebody who wants a kind there is not": {"kinds": frozenset({"opera"})},
}


@pytest.mark.parametrize("values", REQUESTS.values(), ids=REQUESTS)
def test_every_request_is_answered_within_the_rules_and_says_who_did(any_town: Town, values: dict[str, object]) -> None:
    asked = any_town.asks(**values)
    answer = any_town.recommender.recommend(asked)
    ids = [item.offering_id for item in answer.items]
    assert answer.source in SOURCES and (answer.source == "none") == (not ids)
    assert len(ids) == len(set(ids)) <= max(asked.n, 0)
    assert not {any_town.id("over"), any_town.id("hidden")} & set(ids)
    assert not set(ids) & (set(asked.profile) | set(asked.dismissed) if asked.personal else set())
    assert all(item.reasons for item in answer.items)
    assert answer.artefact_version == "" or any_town.store.folder.joinpath(answer.artefact_version).is_dir()


def test_similar_and_explain_answer_for_any_id(any_town: Town) -> None:
    for offering_id in (*any_town.city.offerings.values(), 0, -1, 10**15):
        found = any_town.recommender.similar(offering_id, 4)
        assert len(found.items) <= 4 and found.source in SOURCES
        assert offering_id not in [item.offering_id for item in found.items]
        assert isinstance(any_town.recommender.explain(any_town.asks(), offering_id), tuple)
    assert any_town.recommender.similar(any_town.id("brush"), -1).items == ()


def test_each_list_has_an_id_of_its_own_that_fits_the_log(town: Town) -> None:
    town.open()
    lists = {town.recommender.recommend(town.asks()).list_id for _ in range(5)}
    assert len(lists) == 5 and all(re.fullmatch(r"[0-9a-f]{24}", each) for each in lists)


def test_a_citizen_with_history_is_answered_by_taste(town: Town) -> None:
    train(town)
    answer = town.open().recommender.recommend(town.asks())
    assert answer.source == "personal"
    assert answer.items[0].offering_id == town.id("couplets")
    assert answer.items[0].reasons[0].offering_id in (town.id("brush"), town.id("couplets"))


def test_a_citizen_without_history_is_answered_by_the_neighbours(town: Town) -> None:
    train(town)
    answer = town.open().recommender.recommend(town.asks("c3"))
    assert answer.source == "popular_near"
    assert answer.items[0].offering_id in {town.id("plum"), town.id("choir"), town.id("brush")}


@pytest.mark.parametrize("state", ["without a model", "with a damaged model"])
def test_without_a_sound_model_what_goes_with_the_history_is_suggested(town: Town, state: str) -> None:
    STATES[state](town)
    answer = town.open().recommender.recommend(town.asks())
    assert (answer.source, answer.artefact_version) == ("similar", "")
    assert answer.items[0].offering_id == town.id("couplets")


def test_with_a_dead_database_the_neighbours_answer_from_memory(town: Town) -> None:
    train(town)
    town.open()
    _kill(town.database)
    answer = town.recommender.recommend(town.asks())
    assert answer.source == "popular_near" and answer.items


def test_when_a_site_starts_with_a_dead_database_it_answers_with_nothing(town: Town) -> None:
    _kill(town.database)
    answer = town.open().recommender.recommend(town.asks())
    assert (answer.source, answer.items) == ("none", ())


def test_an_offering_newer_than_the_model_is_suggested_by_what_it_is(town: Town) -> None:
    train(town)
    with town.database.writing() as work:
        brush = work.offerings.get(town.id("brush"))
        new = an_offering({"zh-Hans": "再写一横", "en": "Writing the second stroke"}, operator_id=brush.operator_id,
                          venue_id=brush.venue_id)  # fmt: skip
        work.published_first(new, NOW)
        work.commit()
    town.open()
    assert new.id in town.listed()[:3]
    reason = town.recommender.explain(town.asks(), new.id)[0]
    assert reason.kind in ("because", "topic", "venue", "operator")
    with town.database.writing() as work:
        work.interactions.add(an_interaction(town.city.citizens["c3"], new.id))
        work.commit()
    assert town.recommender.recommend(town.asks("c3")).source == "personal"


def test_taken_saved_and_unwanted_offerings_are_not_suggested_and_come_back_when_taken_back(town: Town) -> None:
    train(town)
    town.open()
    assert town.id("brush") not in town.listed()
    town.did("shen", "choir", InteractionKind.DISMISS)
    town.did("shen", "phone", InteractionKind.SAVE)
    assert not {town.id("choir"), town.id("phone")} & set(town.listed())
    town.did("shen", "choir", InteractionKind.UNDISMISS)
    town.did("shen", "phone", InteractionKind.UNSAVE)
    assert {town.id("choir"), town.id("phone")} <= set(town.listed())


def test_a_place_held_is_not_suggested_also_when_the_history_was_forgotten(town: Town) -> None:
    with town.database.writing() as work:
        shen = town.city.citizens["shen"]
        work.enrolments.add(Enrolment(run_id=town.city.runs["pottery"], citizen_id=shen, status="confirmed",
                                      created_at=NOW, changed_at=NOW))  # fmt: skip
        work.interactions.forget(shen)
        work.commit()
    assert town.id("pottery") not in town.open().listed()


def test_with_the_switch_off_in_the_profile_the_list_is_a_strangers_whatever_the_page_says(town: Town) -> None:
    train(town)
    with town.database.writing() as work:
        citizen = work.citizens.get(town.city.citizens["shen"])
        citizen.personal_suggestions, citizen.audiences = False, ["older_people"]
        work.commit()
    town.open()
    everything = {"audiences": frozenset({"older_people"}), "near": Position(30.36, 120.84), "reach_minutes": 90}
    stranger = town.listed(citizen_id=None, area_id="hubin")
    assert town.listed(**everything) == stranger
    assert town.id("brush") in stranger
    assert "because" not in {reason.kind for reason in town.recommender.explain(town.asks(), town.id("couplets"))}


def test_age_is_asked_of_those_who_told_it(town: Town) -> None:
    with town.database.writing() as work:
        offering = work.offerings.get(town.id("choir"))
        offering.age_min = 60
        work.commit()
    town.open()
    assert town.id("choir") not in town.listed()  # born in the eighties
    assert town.id("choir") in town.listed(citizen_id=None)


def test_similar_offerings_share_something_and_say_what(town: Town) -> None:
    for state in (begin, train):
        state(town)
        found = town.open().recommender.similar(town.id("brush"), 3)
        assert found.source == "similar"
        first = found.items[0]
        assert first.offering_id in (town.id("couplets"), town.id("far"))
        assert (first.reasons[0].kind, first.reasons[0].topic) == ("same_topic", "calligraphy")


def test_a_fault_inside_the_model_is_answered_without_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    train(town)
    town.open()
    assert town.refresher is not None
    scoring = town.refresher.state().scoring

    def fail(*_: object) -> None:
        raise RuntimeError("no such column")

    monkeypatch.setattr(type(scoring), "score", fail)
    answer = town.recommender.recommend(town.asks())
    assert answer.source == "similar" and answer.items


def test_a_model_whose_folder_is_gone_is_no_model(town: Town) -> None:
    train(town)
    shutil.rmtree(town.store.folder)
    assert town.open().recommender.recommend(town.asks()).source == "similar"


def test_the_recommender_of_nobody_suggests_nothing() -> None:
    nobody = NullRecommender()
    assert nobody.recommend(RecommendationRequest()).items == ()
    assert nobody.similar(1, 3).items == () and nobody.explain(RecommendationRequest(), 1) == ()
