"""From a city's database to a model in use: what is published, what is not, and what is said."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from city.model import InteractionKind
from city.store.database import Database
from fixtures.factories import NOW as CITY_NOW
from recommender import training
from recommender.artefact import ArtefactStore
from recommender.city_log import CityData, read_city
from recommender.commands import evaluate, train
from recommender.laying import lay, load_model
from recommender.offering_facts import OfferingFacts, all_facts, catalogue_of
from recommender.training import Trainer, beats_popularity, metrics_of
from tests.small_city import SmallCity, lay_small_city
from tests.taste_city import LAST_DAY, draw_city

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=LAST_DAY)


@pytest.fixture(scope="module")
def outcome_and_store(tmp_path_factory: pytest.TempPathFactory) -> tuple[training.Outcome, ArtefactStore]:
    """A city with tastes, trained once."""
    store = ArtefactStore(tmp_path_factory.mktemp("trained"))
    return Trainer(store, NOW).train(draw_city().city), store


@pytest.fixture
def small(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallCity:
    """The small city, and the environment that names it."""
    monkeypatch.setenv("LEARNCITY_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LEARNCITY_NOW", CITY_NOW.isoformat())
    return lay_small_city(sqlite_database)


def test_a_city_with_tastes_gets_a_model_that_beats_popularity_twice(
    outcome_and_store: tuple[training.Outcome, ArtefactStore],
) -> None:
    outcome, store = outcome_and_store
    assert outcome.is_published and outcome.version == store.current_version()
    metrics = metrics_of(outcome.report)
    assert metrics["learncity"]["all"]["ndcg@10"] > 2 * metrics["popularity"]["all"]["ndcg@10"]


def test_the_manifest_says_what_was_learned_from(outcome_and_store: tuple[training.Outcome, ArtefactStore]) -> None:
    outcome, store = outcome_and_store
    manifest = load_model(store).manifest
    city = draw_city().city
    assert manifest["counts"]["pairs"] == len(city.log) and manifest["counts"]["offerings"] == 120
    assert manifest["training_window"]["to"].startswith("2024-10-0") and manifest["rng_seed"] == 0
    assert manifest["metrics"] == metrics_of(outcome.report)
    assert {"schema_version", "code_version", "weights", "files", "trained_at"} <= manifest.keys()


def test_groups_and_districts_are_reported(outcome_and_store: tuple[training.Outcome, ArtefactStore]) -> None:
    ours: Mapping[str, Any] = outcome_and_store[0].report["models"]["learncity"]
    assert "audience tea" in ours["slices"] and ours["slices"]["audience tea"]["n_citizens"] >= 20
    assert abs(sum(ours["exposure@10"].values()) - 1) < 1e-9 and set(ours["supply"]) == {"hubin", "yunling"}
    assert 0 < ours["under_served_share@10"] == ours["exposure@10"]["yunling"]
    assert 0 < ours["mean_distance_m@10"] < 10_000


def test_the_card_stands_beside_the_model_and_its_plots_are_well_formed(
    outcome_and_store: tuple[training.Outcome, ArtefactStore],
) -> None:
    outcome, store = outcome_and_store
    folder = store.card_folder(outcome.version)
    card = (folder / "card.md").read_text(encoding="utf-8")
    for plot in ("quality.svg", "exposure.svg", "coverage.svg"):
        assert plot in card
        root = ElementTree.parse(folder / plot).getroot()
        assert root.tag.endswith("svg") and root[0].tag.endswith("title")
    assert f"{outcome.report['models']['learncity']['views']['all']['ndcg@10']:.3f}" in card


def test_training_twice_on_the_same_log_gives_the_same_model(tmp_path: Path) -> None:
    city = draw_city(n_offerings=40, n_citizens=120, n_takings=900).city
    first, second = (Trainer(ArtefactStore(tmp_path / name), NOW).train(city) for name in ("a", "b"))
    one, other = (load_model(ArtefactStore(tmp_path / name)) for name in ("a", "b"))
    assert first.version == second.version and one.manifest["files"] == other.manifest["files"]


def test_a_model_that_does_not_beat_popularity_is_not_published_and_the_former_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, city = ArtefactStore(tmp_path), draw_city(n_offerings=40, n_citizens=120, n_takings=900).city
    former = Trainer(store, NOW).train(city).version
    monkeypatch.setattr(training, "_ndcg10", lambda _report: (0.1, 0.1))
    outcome = Trainer(store, NOW + timedelta(days=1)).train(city)
    assert not outcome.is_published and "popularity's 0.100" in outcome.sentence
    assert load_model(store).version == former


def test_who_wins_is_decided_by_the_first_ten_places() -> None:
    def report(ours: float, rival: float) -> dict[str, Any]:
        views = {"learncity": ours, "popularity": rival}
        return {"models": {name: {"views": {"all": {"ndcg@10": figure}}} for name, figure in views.items()}}

    assert beats_popularity(report(0.2, 0.1))
    assert not beats_popularity(report(0.1, 0.1)) and not beats_popularity(report(0.1, 0.2))


def test_fake_accounts_do_not_lift_their_target(tmp_path: Path) -> None:
    """Two in a hundred accounts nobody verified click fifteen offerings each and the one they want to push."""
    drawn = draw_city()
    before = _share_of(tmp_path / "clean", drawn.city, drawn.facts, target=1)
    after = _share_of(tmp_path / "fake", _with_fakes(drawn.city, target=0, n_fakes=6), drawn.facts, target=1)
    assert after - before < 0.01


def _with_fakes(city: CityData, target: int, n_fakes: int) -> CityData:
    log, rng = city.log, np.random.default_rng(1)
    ids = [*log.citizens.ids, *(f"fake{number}" for number in range(n_fakes))]
    columns = np.concatenate([np.append(rng.choice(np.arange(1, 120), 15, replace=False), target)] * n_fakes)
    rows = np.repeat(np.arange(len(log.citizens), len(ids)), 16)
    size = len(rows)
    grown = type(log)(
        type(log.citizens)(ids),
        log.offerings,
        np.concatenate([log.citizen_rows, rows]),
        np.concatenate([log.offering_rows, columns]),
        np.concatenate([log.weights, np.full(size, 0.05, dtype=np.float32)]),
        np.concatenate([log.at_days, np.full(size, LAST_DAY - 1)]),
        np.concatenate([log.fold_in, np.full(size, 0.5, dtype=np.float32)]),
        np.concatenate([log.verified, np.zeros(size, dtype=bool)]),
    )
    return CityData(city.catalogue, grown, city.people, city.places)


def _share_of(folder: Path, city: CityData, facts: list[OfferingFacts], target: int) -> float:
    """The target's share of the first ten places of the lists of real citizens."""
    store = ArtefactStore(folder)
    assert Trainer(store, NOW).train(city).is_published
    scorer, shown = lay(load_model(store), facts, NOW), 0
    matrix = city.log.profiles().matrix
    for row in range(200):
        held = matrix[[row]]
        profile = {int(city.log.offerings.ids[c]): float(w) for c, w in zip(held.indices, held.data, strict=True)}
        if profile:
            shown += target in scorer.offering_ids[np.argsort(-scorer.score(profile).scores)[:10]]
    return shown / 2000


def test_train_without_offerings_ends_with_2_and_says_what_to_type(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEARNCITY_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("LEARNCITY_DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(train, [])
    assert result.exit_code == 2 and "learncity sample" in result.stderr


def test_a_city_without_a_log_gets_a_model_of_what_its_offerings_are(small: SmallCity, tmp_path: Path) -> None:
    result = CliRunner().invoke(train, ["--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["published"] and "too small to judge" in told["sentence"]
    card = tmp_path / "data" / "artefacts" / f"{told['version']}.card" / "card.md"
    assert "no figure is claimed" in card.read_text(encoding="utf-8")


def test_what_was_just_trained_can_be_taken_back(small: SmallCity) -> None:
    first, second = (json.loads(CliRunner().invoke(train, ["--json"]).stdout)["version"] for _ in range(2))
    assert first != second
    result = CliRunner().invoke(train, ["--roll-back"])
    assert result.exit_code == 0 and f"Model {first} is in use again" in result.stdout


def test_the_database_is_read_as_facts_and_weighted_pairs(database: Database) -> None:
    laid = lay_small_city(database)
    citizens = sorted(laid.citizens.values())[:2]
    with database.writing() as work:
        for citizen in citizens:
            work.interactions.add_many(
                [
                    {
                        "citizen_id": citizen,
                        "offering_id": laid.offerings["brush"],
                        "kind": InteractionKind.SAVE,
                        "happened_at": CITY_NOW,
                        "source": "home",
                    }
                ]
            )
        work.commit()
    city = read_city(database, CITY_NOW)
    assert len(city.catalogue) == len(laid.offerings) and len(city.log) == 2
    assert city.log.fold_in.tolist() == [0.5, 0.5]
    assert set(city.places.under_served) and city.people.labels
    with database.reading() as work:
        facts = {each.offering_id: each for each in all_facts(work, CITY_NOW)}
    assert catalogue_of(list(facts.values())).offerings.ids == city.catalogue.offerings.ids
    brush = facts[laid.offerings["brush"]]
    assert brush.tokens and brush.attributes["venue"] == (str(laid.venues["library"]),)
    assert brush.attributes["district"] == ("hubin",)


def test_evaluate_asks_for_a_folder_or_the_log(small: SmallCity, tmp_path: Path) -> None:
    for arguments in ([], [str(tmp_path), "--log"]):
        result = CliRunner().invoke(evaluate, arguments)
        assert result.exit_code == 2 and "not both" in result.stderr


def test_evaluating_an_empty_log_ends_with_2(small: SmallCity) -> None:
    result = CliRunner().invoke(evaluate, ["--log"])
    assert result.exit_code == 2 and "nothing to measure" in result.stderr
