"""A benchmark folder: train.tsv, test.tsv, offerings.jsonl; read whole, or refused with file, line and what is right.

Owns: the folder format of `learncity evaluate`. Refuses: missing files, lines of another shape, offerings the
catalogue does not hold, repeated ids. Called by: commands.evaluate.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from city.analysis import content_tokens
from recommender.catalogue import Catalogue, build_catalogue
from recommender.interactions import Interactions
from recommender.vocabulary import Vocabulary

SECONDS_A_DAY = 86_400.0


class FolderError(ValueError):
    """The folder cannot be evaluated; the sentence says where and what would be right."""


@dataclass(frozen=True)
class Folder:
    """The two logs share vocabularies; pairs of test that also stand in train are gone from test."""

    path: Path
    catalogue: Catalogue
    train: Interactions
    test: Interactions


@dataclass(frozen=True)
class Offering:
    """One line of offerings.jsonl."""

    id: str
    text: str
    attributes: dict[str, list[str]]
    starts_at: float | None


@dataclass
class Pairs:
    """One log as read: citizen id, offering id, days since 1970 UTC or NaN; repeated pairs only once."""

    citizens: list[str]
    offerings: list[str]
    at_days: list[float]

    def __len__(self) -> int:
        return len(self.citizens)


def read_folder(path: Path) -> Folder:
    """Read a benchmark folder; FolderError names the file, the line and what would be right."""
    if not path.is_dir():
        raise FolderError(f"{path} is not a folder. Give a folder with train.tsv, test.tsv and offerings.jsonl.")
    offerings = read_offerings(_present(path / "offerings.jsonl"))
    known = {each.id for each in offerings}
    train = read_pairs(_present(path / "train.tsv"), known)
    test = read_pairs(_present(path / "test.tsv"), known)
    if not len(train) or not len(test):
        empty = path / ("test.tsv" if len(train) else "train.tsv")
        raise FolderError(f"{empty}: no line holds an interaction. Give at least one line: citizen, offering, moment.")
    citizens = Vocabulary(dict.fromkeys([*train.citizens, *test.citizens]))
    catalogue = catalogue_of(offerings)
    return Folder(
        path,
        catalogue,
        _interactions(train, citizens, catalogue.offerings),
        _interactions(_without(test, train), citizens, catalogue.offerings),
    )


def _present(path: Path) -> Path:
    if not path.is_file():
        raise FolderError(f"{path} is missing. A benchmark folder holds train.tsv, test.tsv and offerings.jsonl.")
    return path


def read_offerings(path: Path) -> list[Offering]:
    """Every line of offerings.jsonl, ids as text; refuses repeated ids and values of another type."""
    found: dict[str, Offering] = {}
    for number, line in _lines(path):
        each = _offering(f"{path}, line {number}", line)
        if each.id in found:
            raise FolderError(f"{path}, line {number}: the id {each.id!r} stands twice. Each offering has one line.")
        found[each.id] = each
    if not found:
        raise FolderError(f"{path}: no offering. Give one JSON object a line with id, text, attributes and starts_at.")
    return list(found.values())


def _offering(place: str, line: str) -> Offering:
    """One offering from one line; `place` starts the refusal."""
    try:
        raw = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as fault:
        raise FolderError(f"{place}: not a JSON object ({fault}). Give one object a line.") from fault
    if not isinstance(raw, dict) or not isinstance(raw.get("id"), str | int) or isinstance(raw.get("id"), bool):
        raise FolderError(f'{place}: an offering needs an "id" of text or a whole number.')
    text = raw.get("text") or ""
    if not isinstance(text, str):
        raise FolderError(f'{place}: "text" is {type(text).__name__}; give text, or leave it empty.')
    return Offering(str(raw["id"]), text, _attributes(place, raw.get("attributes")), _starts(place, raw))


def _attributes(place: str, raw: object) -> dict[str, list[str]]:
    if raw is None:
        return {}
    if not isinstance(raw, dict) or not all(isinstance(values, list) for values in raw.values()):
        raise FolderError(f'{place}: "attributes" must name lists of values, like {{"topic": ["pottery"]}}.')
    for name, values in raw.items():
        if not all(isinstance(value, str | int | float) for value in values):
            raise FolderError(f'{place}: a value of the attribute "{name}" is neither text nor a number.')
    return {name: [str(value) for value in values] for name, values in raw.items()}


def _starts(place: str, raw: dict[str, object]) -> float | None:
    starts = raw.get("starts_at")
    if starts is None:
        return None
    if isinstance(starts, bool) or not isinstance(starts, int | float) or not math.isfinite(starts):
        raise FolderError(f'{place}: "starts_at" is {starts!r}; give seconds since 1970, or null.')
    return float(starts)


def read_pairs(path: Path, known: set[str]) -> Pairs:
    """Every pair of a log once, with its first moment; refuses lines of another shape and unknown offerings."""
    seen: set[tuple[str, str]] = set()
    pairs = Pairs([], [], [])
    for number, line in _lines(path):
        cells = line.split("\t")
        if len(cells) not in (2, 3) or not cells[0] or not cells[1]:
            wanted = "citizen, offering, seconds since 1970 (or nothing), parted by tabs"
            raise FolderError(f"{path}, line {number}: {len(cells)} cells, where a line is {wanted}.")
        if cells[1] not in known:
            raise FolderError(f"{path}, line {number}: the offering {cells[1]!r} has no line in offerings.jsonl.")
        moment = _moment(path, number, cells[2] if len(cells) == 3 else "")
        if (cells[0], cells[1]) not in seen:
            seen.add((cells[0], cells[1]))
            pairs.citizens.append(cells[0])
            pairs.offerings.append(cells[1])
            pairs.at_days.append(moment)
    return pairs


def _moment(path: Path, number: int, cell: str) -> float:
    """Days since 1970 UTC, NaN for an empty cell."""
    if not cell.strip():
        return math.nan
    try:
        days = float(cell) / SECONDS_A_DAY
    except ValueError:
        days = math.inf
    if not math.isfinite(days):
        raise FolderError(f"{path}, line {number}: the moment {cell!r} is no number; give seconds since 1970.")
    return days


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that hold something, with their numbers from 1; refuses bytes that are not UTF-8."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as fault:
                raise FolderError(f"{path}, line {number}: not UTF-8 ({fault.reason}). Save it as UTF-8.") from fault
            if line.strip():
                yield number, line


def catalogue_of(offerings: Sequence[Offering]) -> Catalogue:
    """The catalogue of a folder: its attributes, start hours, crosses, and words of the texts if there are any."""
    names = sorted({name for each in offerings for name in each.attributes})
    attributes = {name: [each.attributes.get(name, []) for each in offerings] for name in names}
    starts = np.asarray([math.nan if each.starts_at is None else each.starts_at for each in offerings], dtype=float)
    words = [content_tokens(each.text) for each in offerings]
    return build_catalogue([each.id for each in offerings], attributes, starts / SECONDS_A_DAY, words)


def _without(pairs: Pairs, others: Pairs) -> Pairs:
    """The pairs that do not stand in the other log."""
    there = set(zip(others.citizens, others.offerings, strict=True))
    rows = zip(pairs.citizens, pairs.offerings, pairs.at_days, strict=True)
    left = [row for row in rows if (row[0], row[1]) not in there]
    return Pairs([row[0] for row in left], [row[1] for row in left], [row[2] for row in left])


def _interactions(pairs: Pairs, citizens: Vocabulary, offerings: Vocabulary) -> Interactions:
    rows, columns = citizens.rows(pairs.citizens), offerings.rows(pairs.offerings)
    return Interactions.plain(citizens, offerings, rows, columns, np.asarray(pairs.at_days, dtype=np.float64))
