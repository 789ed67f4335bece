"""Run every script of a folder one after the other; each prints its own figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(folder: str) -> int:
    """Run `folder`/*.py in order of name; return 1 when one of them says that a goal is missed."""
    scripts = [path for path in sorted(Path(folder).glob("*.py")) if not path.name.startswith("_")]
    if not scripts:
        print(f"There is nothing in {folder}/.", file=sys.stderr)
        return 1
    missed = []
    for script in scripts:
        print(f"\n== {script.stem}", flush=True)
        if subprocess.run([sys.executable, "-m", f"{folder}.{script.stem}"], check=False).returncode:
            missed.append(script.stem)
    if missed:
        print(f"\nMissed: {', '.join(missed)}", file=sys.stderr)
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
