"""A benchmark folder: train.tsv, test.tsv, offerings.jsonl; read whole, or refused with file, line and what is right.

Owns: the folder format of `learncity evaluate`. Refuses: missing files, lines of another shape, offerings the
catalogue does not hold, repeated ids. Called by: commands.evaluate.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from city.analysis import tokens
from recommender.catalogue import Catalogue, build_catalogue
from recommender.interactions import Interactions
from recommender.vocabulary import Vocabulary

SECONDS_A_DAY = 86_400.0


class FolderError(ValueError):
    """The folder cannot be evaluated; the sentence says where and what would be right."""


@dataclass(frozen=True)
class Folder:
    """The two logs share vocabularies; test pairs that also stand in train are gone."""

    path: Path
    catalogue: Catalogue
    train: Interactions
    test: Interactions
