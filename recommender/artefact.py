"""The published model: a folder of plain arrays with a manifest, put in place whole, read back only when it is sound.

Owns: the folder `artefacts/` in the data folder: one folder a version, and the file `current` that names two of them.
Refuses: anything missing, damaged, of another schema or shape, or not finite, with a sentence (ArtefactRefused).
Called by: training (publish), scorer and checks (load). No pickle, no joblib: `.npy` arrays, memory-mapped, and JSON.

`current` holds the version in use and, on a second line, the one before it, each with the sha256 of its manifest; the
manifest holds the sha256, shape and type of every other file. So no byte can change unseen.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from city.errors import ArtefactRefused
from recommender.components import Arrays

SCHEMA_VERSION = 1
FOLDER, POINTER, MANIFEST, CARD = "artefacts", "current", "manifest.json", "card"
REMEDY = "Type: learncity train"
Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Artefact:
    """One version as read: its manifest, its arrays (memory-mapped, read only) and its documents (plain JSON data)."""

    version: str
    manifest: Manifest
    arrays: Arrays
    documents: Mapping[str, Any]
    folder: Path


@dataclass(frozen=True)
class Loaded:
    """The artefact in use, and what was refused on the way to it."""

    artefact: Artefact
    refusals: tuple[str, ...] = field(default=())


Check = Callable[[Artefact], None]
"""Looks at what only the model understands (shapes that belong together, smoke queries); raises ArtefactRefused."""


class ArtefactStore:
    """The artefacts of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER

    def load(self, check: Check) -> Loaded:
        """Read the version in use, or the one before it when that is refused; ArtefactRefused when neither stands."""
        refusals: list[str] = []
        for version, digest in self._pointed():
            try:
                return Loaded(read_version(self.folder / version, digest, check), tuple(refusals))
            except ArtefactRefused as fault:
                refusals.append(str(fault))
        raise ArtefactRefused(" ".join(refusals) or f"No model stands in {self.folder}. {REMEDY}")

    def current_version(self) -> str:
        """Name of the version in use, "" when there is none: cheap enough to be asked before every list."""
        try:
            return self._pointed()[0][0]
        except ArtefactRefused:
            return ""

    def publish(self, manifest: Manifest, arrays: Arrays, documents: Mapping[str, Any], check: Check) -> Artefact:
        """Write a version beside the others, read it back, and only then point to it; the one before it is kept."""
        version = str(manifest["version"])
        with self._being_made(version) as made:
            digest = write_version(made, manifest, arrays, documents)
            read_version(made, digest, check)
            made.replace(self.folder / version)
        before = [pair for pair in self._pointed_or_none() if pair[0] != version][:1]
        self._point([(version, digest), *before])
        self._remove_all_but({version, *(name for name, _ in self._pointed_or_none())})
        return read_version(self.folder / version, digest, check)

    def roll_back(self, check: Check) -> Artefact:
        """Use the version before the one in use again; raises ArtefactRefused when there is none or it is not sound."""
        pointed = self._pointed()
        if len(pointed) < 2:
            raise ArtefactRefused(f"{self.folder / POINTER} names no earlier model to go back to.")
        artefact = read_version(self.folder / pointed[1][0], pointed[1][1], check)
        self._point([pointed[1], pointed[0]])
        return artefact

    def card_folder(self, version: str) -> Path:
        """Where the model card of a version is written, beside it; made when missing."""
        folder = self.folder / f"{version}.{CARD}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextmanager
    def _being_made(self, version: str) -> Iterator[Path]:
        """A folder nobody reads yet, gone when anything goes wrong."""
        made = self.folder / f".{version}.being-made-{os.getpid()}"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def _pointed(self) -> list[tuple[str, str]]:
        """(version, sha256 of its manifest) of the one in use and the one before."""
        path = self.folder / POINTER
        try:
            lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
        except FileNotFoundError as fault:
            raise ArtefactRefused(f"No model was trained yet: {path} is missing. {REMEDY}") from fault
        except (OSError, UnicodeDecodeError) as fault:
            raise ArtefactRefused(f"{path} cannot be read: {fault}. {REMEDY}") from fault
        if not lines or any(len(line) != 2 or not _is_name(line[0]) for line in lines):
            raise ArtefactRefused(f"{path} is damaged: each line should be a version and a sha256. {REMEDY}")
        return [(name, digest) for name, digest in lines]

    def _pointed_or_none(self) -> list[tuple[str, str]]:
        try:
            return self._pointed()
        except ArtefactRefused:
            return []

    def _point(self, pairs: list[tuple[str, str]]) -> None:
        """Name these versions, by one atomic rename."""
        beside = self.folder / f".{POINTER}.{os.getpid()}"
        with beside.open("w", encoding="ascii") as file:
            file.writelines(f"{name} {digest}\n" for name, digest in pairs)
            _to_disk(file.fileno())
        beside.replace(self.folder / POINTER)

    def _remove_all_but(self, kept: set[str]) -> None:
        """Remove older versions; readers that mapped their files keep them until they let go."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.name.startswith(".") and path.name.removesuffix(f".{CARD}") not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _is_name(text: str) -> bool:
    return all(letter.isalnum() or letter in "-_" for letter in text)


def write_version(folder: Path, manifest: Manifest, arrays: Arrays, documents: Mapping[str, Any]) -> str:
    """Write all files of a version into an empty folder; returns the sha256 of its manifest."""
    files: dict[str, dict[str, object]] = {}
    for name, array in arrays.items():
        with _kept(folder / f"{name}.npy") as path:
            np.save(path, array, allow_pickle=False)
        files[f"{name}.npy"] = {"sha256": sha256_of(path), "shape": list(array.shape), "dtype": array.dtype.str}
    for name, document in documents.items():
        with _kept(folder / f"{name}.json") as path:
            path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        files[f"{name}.json"] = {"sha256": sha256_of(path)}
    with _kept(folder / MANIFEST) as path:
        whole = {"schema_version": SCHEMA_VERSION, **manifest, "files": files}
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=2), encoding="utf-8")
    return sha256_of(path)


@contextmanager
def _kept(path: Path) -> Iterator[Path]:
    """A file that is on the disk, not only on its way there, when the block ends."""
    yield path
    with path.open("rb") as file:
        _to_disk(file.fileno())


def _to_disk(descriptor: int) -> None:
    with suppress(OSError):  # some file systems refuse to sync; the hashes would show what was lost
        os.fsync(descriptor)


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_version(folder: Path, digest: str, check: Check) -> Artefact:
    """Read a version whose manifest has this sha256; ArtefactRefused names the file and what is wrong with it."""
    manifest = _manifest(folder / MANIFEST, digest)
    try:
        artefact = _read_files(folder, manifest)
        check(artefact)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
        raise ArtefactRefused(f"{folder}: a part is missing or malformed ({fault!r}). {REMEDY}") from fault
    return artefact


def _read_files(folder: Path, manifest: Mapping[str, Any]) -> Artefact:
    """Every file the manifest names."""
    arrays: dict[str, Any] = {}
    documents: dict[str, Any] = {}
    for name, told in manifest["files"].items():
        path = folder / name
        _require_hash(path, told["sha256"])
        if path.suffix == ".npy":
            arrays[path.stem] = _array(path, told)
        else:
            documents[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return Artefact(str(manifest["version"]), manifest, arrays, documents, folder)


def _manifest(path: Path, digest: str) -> dict[str, Any]:
    _require_hash(path, digest)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as fault:
        raise ArtefactRefused(f"{path} is not JSON: {fault}. {REMEDY}") from fault
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict) or "version" not in manifest:
        raise ArtefactRefused(f"{path} has no version or names no files. {REMEDY}")
    if manifest.get("schema_version") != SCHEMA_VERSION:
        found = manifest.get("schema_version")
        raise ArtefactRefused(f"{path} has schema {found}, this code reads schema {SCHEMA_VERSION}. {REMEDY}")
    return manifest


def _require_hash(path: Path, digest: str) -> None:
    if not path.is_file():
        raise ArtefactRefused(f"{path} is missing. {REMEDY}")
    if sha256_of(path) != digest:
        raise ArtefactRefused(f"{path} is damaged: its sha256 is not the one that was published. {REMEDY}")


def _array(path: Path, told: Mapping[str, Any]) -> npt.NDArray[np.generic]:
    """One array, memory-mapped where it has cells; its shape and type as told, its numbers finite."""
    try:
        array: npt.NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:  # an array without cells cannot be mapped
        array = _small(path)
    if list(array.shape) != list(told["shape"]) or array.dtype.str != told["dtype"]:
        found = f"{array.dtype.str} of shape {list(array.shape)}"
        raise ArtefactRefused(f"{path} is {found}, not {told['dtype']} of shape {told['shape']}. {REMEDY}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ArtefactRefused(f"{path} holds a number that is not finite. {REMEDY}")
    return array


def _small(path: Path) -> npt.NDArray[np.generic]:
    try:
        loaded: npt.NDArray[np.generic] = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as fault:
        raise ArtefactRefused(f"{path} is no array this code reads: {fault}. {REMEDY}") from fault
    return loaded
