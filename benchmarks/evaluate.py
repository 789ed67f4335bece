"""The recommender on benchmark folders, with the usual peers fitted in the same run: quality and cost side by side.

Folders are those of LEARNCITY_REAL_DATA/bench (default: beside the checkout), or the ones named as arguments. Exit
code 1: a floor is missed; 2: there is no folder to measure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from recommender.baselines import BASELINES
from recommender.commands import show, working
from recommender.evaluate import OURS, Evaluation, Report
from recommender.folder import read_folder

REAL_DATA = Path(os.environ.get("LEARNCITY_REAL_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
FLOORS = {"meetup_chicago": 0.35, "mooccubex_joint": 0.175}
"""NDCG@20 over all offerings for returning citizens."""


def main(arguments: list[str]) -> int:
    """Measure each folder and say which floors hold."""
    folders = [Path(each) for each in arguments] or sorted(path for path in (REAL_DATA / "bench").glob("*"))
    if not folders:
        print(f"No benchmark folder in {REAL_DATA / 'bench'}: name one, or set LEARNCITY_REAL_DATA.")
        return 2
    return max(measure(folder) for folder in folders)


def measure(folder: Path) -> int:
    """Print one folder's table; 1 when its floor is missed."""
    with working() as progress:
        report = Evaluation(read_folder(folder), progress).run(BASELINES, lightfm=True)
    show(report)
    reached, floor = ndcg20(report), FLOORS.get(folder.name, 0.0)
    print(f"{folder.name}: NDCG@20 {reached:.3f}, floor {floor:.3f}: {'holds' if reached >= floor else 'MISSED'}\n")
    return int(reached < floor)


def ndcg20(report: Report) -> float:
    """Our NDCG@20 in the view of all offerings."""
    models = cast(Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]], report["models"])
    return models[OURS]["views"]["all"]["ndcg@20"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
