"""The recommender on real benchmark folders: it stays above its floors and above what is simpler than it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

FLOORS = {
    "meetup_chicago": {"all": 0.35, "warm": 0.25, "cold": 0.45, "one_click": 0.35},
    "mooccubex_joint": {"all": 0.175, "warm": 0.29, "cold": 0.13, "one_click": 0.11},
}
"""NDCG@20 by view: what an earlier version reached and no change may lose unseen."""


@pytest.mark.parametrize("name", FLOORS)
def test_a_benchmark_folder_is_measured_above_its_floors(name: str, real_data: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    # a process of its own, for memory is measured too
    learncity = Path(sys.executable).parent / "learncity"
    typed = [learncity, "evaluate", real_data / "bench" / name, "--json", report]
    result = subprocess.run(typed, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    ours = json.loads(report.read_text())["models"]["learncity"]
    reached = {view: round(ours["views"][view]["ndcg@20"], 4) for view in FLOORS[name]}
    assert {view: reached[view] for view, floor in FLOORS[name].items() if reached[view] < floor} == {}, reached
    assert ours["training"]["peak_mib"] <= 1536 and ours["choice"]["cpu_s"] <= 100
