"""The worked example of docs/imports.md: a new format in one file, named by an entry point, imported by the verb."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs" / "imports.md"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with the example as the documentation prints it, installed as a package would be."""
    (example,) = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    (line,) = re.findall(r"^    (noticeboard = .*)$", DOCS.read_text("utf-8"), re.MULTILINE)
    folder = tmp_path / "package"
    installed = folder / "noticeboard-1.dist-info"
    installed.mkdir(parents=True)
    (folder / "noticeboard.py").write_text(example, "utf-8")
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: noticeboard\nVersion: 1\n", "utf-8")
    (installed / "entry_points.txt").write_text(f"[learncity.sources]\n{line}\n", "utf-8")
    return folder


def typed(package: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(package),
        "LEARNCITY_DATA_DIR": str(package.parent / "var"),
        "LEARNCITY_NOW": "2026-11-24T12:00:00+08:00",
    }
    command = [str(Path(sys.executable).parent / "learncity"), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_worked_example_imports_and_refuses_a_line_with_its_number(package: Path, tmp_path: Path) -> None:
    board = tmp_path / "board.txt"
    board.write_text("7 | 2026-12-04 | Tea\n8 | soon | Ink\n9 | 2026-12-05 | Clay\n", "utf-8")
    assert typed(package, "init").returncode == 0
    result = typed(package, "import", "noticeboard", str(board), "--operator", "tea-house", "--json")
    report = json.loads(result.stdout)
    assert (result.returncode, report["new"], report["refused"]) == (1, 2, 1)
    assert (report["refusals"][0]["line"], report["refusals"][0]["part"]) == (2, "8")
    again = json.loads(typed(package, "import", "noticeboard", str(board), "--operator", "tea-house", "--json").stdout)
    assert (again["unchanged"], again["new"], again["gone"]) == (2, 0, 0)
