"""A damaged model is refused with a sentence, and the former one stays in use."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from city.errors import ArtefactRefused
from recommender.artefact import MANIFEST, POINTER, ArtefactStore, sha256_of
from recommender.laying import load_model
from recommender.training import Trainer
from tests.taste_city import LAST_DAY, draw_city

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=LAST_DAY)
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with two models: one in use, one before it."""
    data_dir = tmp_path_factory.mktemp("published")
    city = draw_city(n_offerings=40, n_citizens=120, n_takings=900).city
    for day in (0, 1):
        outcome = Trainer(ArtefactStore(data_dir), NOW + timedelta(days=day)).train(city)
        assert outcome.is_published, outcome.sentence
    return data_dir


@pytest.fixture
def store(published: Path, tmp_path: Path) -> ArtefactStore:
    """A copy that may be damaged."""
    shutil.copytree(published, tmp_path / "data")
    return ArtefactStore(tmp_path / "data")


def in_use(store: ArtefactStore) -> Path:
    return store.folder / store.current_version()


def some_file(folder: Path, rng: np.random.Generator) -> Path:
    names = sorted(path for path in folder.iterdir() if path.stat().st_size > 0)
    return names[int(rng.integers(len(names)))]


def flip(rng: np.random.Generator) -> Damage:
    """One bit of one byte somewhere."""

    def damage(folder: Path) -> None:
        path = some_file(folder, rng)
        held = bytearray(path.read_bytes())
        held[int(rng.integers(len(held)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(held)

    return damage


def cut_short(rng: np.random.Generator) -> Damage:
    """A file that ends too early."""

    def damage(folder: Path) -> None:
        path = some_file(folder, rng)
        held = path.read_bytes()
        path.write_bytes(held[: int(rng.integers(len(held)))])

    return damage


def missing(rng: np.random.Generator) -> Damage:
    """A file that is gone."""
    return lambda folder: some_file(folder, rng).unlink()


def other_shape(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Damage:
    """An array of another shape or with other numbers, with hashes made to fit: only its meaning gives it away."""

    def damage(folder: Path) -> None:
        path, manifest = folder / f"{name}.npy", folder / MANIFEST
        array = change(np.load(path))
        np.save(path, array)
        told = json.loads(manifest.read_text())
        told["files"][path.name] |= {"sha256": sha256_of(path), "shape": list(array.shape), "dtype": array.dtype.str}
        signed(folder, json.dumps(told))

    return damage


def signed(folder: Path, manifest: str) -> None:
    """Write a manifest and point to it as if it had been published so."""
    (folder / MANIFEST).write_text(manifest)
    pointer = folder.parent / POINTER
    lines = pointer.read_text().splitlines()
    lines[0] = f"{folder.name} {sha256_of(folder / MANIFEST)}"
    pointer.write_text("\n".join(lines) + "\n")


def not_finite(array: np.ndarray) -> np.ndarray:
    array[len(array) // 2] = np.nan
    return array


def damages() -> list[tuple[str, Damage]]:
    """Fifty ways to be damaged."""
    rng = np.random.default_rng(13)
    found = [(f"flip {n}", flip(rng)) for n in range(20)]
    found += [(f"cut short {n}", cut_short(rng)) for n in range(12)]
    found += [(f"missing {n}", missing(rng)) for n in range(4)]
    shapes: list[tuple[str, Callable[[np.ndarray], np.ndarray]]] = [
        ("offering_ids", lambda a: a[:-1]),
        ("offering_ids", lambda a: np.repeat(a[:1], len(a))),
        ("starts_days", lambda a: a[:-2]),
        ("warm_rows", lambda a: a + 1000),
        ("warm_rows", lambda a: a[:-1]),
        ("ease.shape", lambda a: a + 1),
        ("ease.indices", lambda a: a + 5),
        ("ease.data", lambda a: a[:-3]),
        ("ease.data", not_finite),
        ("ease.data", lambda a: a * 3),
        ("cosine.indptr", lambda a: a[::-1]),
        ("field-0.shape", lambda a: a[::-1]),
        ("together-0", lambda a: a[:, :-1]),
        ("taken-log_popularity", lambda a: np.stack([a, a])),
    ]
    return found + [(f"{name} changed {n}", other_shape(name, change)) for n, (name, change) in enumerate(shapes)]


DAMAGES = damages()


def test_fifty_ways_to_be_damaged_are_tried() -> None:
    assert len(DAMAGES) == 50


@pytest.mark.parametrize("damage", [each for _, each in DAMAGES], ids=[name for name, _ in DAMAGES])
def test_a_damaged_model_is_refused_and_the_one_before_it_answers(store: ArtefactStore, damage: Damage) -> None:
    damaged = in_use(store)
    damage(damaged)
    model = load_model(store)
    assert model.version and model.version != damaged.name
    [said] = model.refusals
    assert damaged.name in said and "learncity train" in said


def test_when_both_are_damaged_the_sentence_names_both(store: ArtefactStore) -> None:
    folders = [path for path in store.folder.iterdir() if (path / MANIFEST).exists()]
    for folder in folders:
        (folder / "warm_rows.npy").unlink()
    with pytest.raises(ArtefactRefused) as refused:
        load_model(store)
    assert all(folder.name in str(refused.value) for folder in folders) and len(folders) == 2


@pytest.mark.parametrize("text", ["", "nonsense", "../../etc deadbeef\n", "a b c\n", "\xff"])
def test_a_damaged_pointer_is_refused_with_what_to_type(store: ArtefactStore, text: str) -> None:
    (store.folder / POINTER).write_text(text, encoding="latin-1")
    with pytest.raises(ArtefactRefused, match="learncity train"):
        load_model(store)
    assert store.current_version() == ""


def test_a_model_of_another_schema_is_refused_by_number(store: ArtefactStore) -> None:
    folder = in_use(store)
    told = json.loads((folder / MANIFEST).read_text())
    signed(folder, json.dumps({**told, "schema_version": 99}))
    assert "schema 99" in load_model(store).refusals[0]


def test_a_pickled_array_is_never_opened(store: ArtefactStore) -> None:
    folder = in_use(store)
    path = folder / "smoke.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    told = json.loads((folder / MANIFEST).read_text())
    told["files"]["smoke.npy"] |= {"sha256": sha256_of(path), "dtype": "|O", "shape": [1]}
    signed(folder, json.dumps(told))
    assert "no array this code reads" in load_model(store).refusals[0]


def test_no_model_at_all_is_said_with_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ArtefactRefused, match="learncity train"):
        load_model(ArtefactStore(tmp_path))


def test_a_publication_that_breaks_off_leaves_the_former_model_in_use(store: ArtefactStore) -> None:
    before = store.current_version()

    def fails(_artefact: object) -> None:
        raise ArtefactRefused("the disk was full")

    with pytest.raises(ArtefactRefused, match="full"):
        store.publish({"version": "next"}, {"a": np.ones(2)}, {}, fails)
    assert store.current_version() == before == load_model(store).version
    assert not [path for path in store.folder.iterdir() if "next" in path.name]


def test_the_version_before_is_kept_older_ones_go_and_one_can_go_back(store: ArtefactStore) -> None:
    city = draw_city(n_offerings=40, n_citizens=120, n_takings=900).city
    second = store.current_version()
    third = Trainer(store, NOW + timedelta(days=2)).train(city).version
    kept = {path.name for path in store.folder.iterdir() if (path / MANIFEST).exists()}
    assert kept == {second, third}
    assert store.roll_back(lambda _artefact: None).version == second
    assert load_model(store).version == second
    assert store.roll_back(lambda _artefact: None).version == third


def test_without_an_earlier_model_there_is_nothing_to_go_back_to(store: ArtefactStore) -> None:
    pointer = store.folder / POINTER
    pointer.write_text(pointer.read_text().splitlines()[0] + "\n")
    with pytest.raises(ArtefactRefused, match="no earlier model"):
        store.roll_back(lambda _artefact: None)
