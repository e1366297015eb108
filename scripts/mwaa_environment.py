"""Make the Python environment of one version of Amazon MWAA: its Airflow, its pins, dag-factory.

    python scripts/mwaa_environment.py 3.0.6

prints the folder, ``build/mwaa/3.0.6``. What is there already and was made from the same files is
taken as it is. Nothing of the project is installed: its bundle must do with what MWAA has. MWAA
runs Python 3.12; where there is none, the interpreter of this script must do.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from generator.airflow_version import REQUIREMENTS

ROOT = Path(__file__).resolve().parent.parent
MADE = "made-from"
# MWAA installs these beside Airflow itself.
EXTRAS = ("amazon[aiobotocore]", "fab")


def environment(version: str) -> Path:
    """Return the folder of the environment for Airflow ``version``, made where it is missing."""
    folder = ROOT / "build" / "mwaa" / version
    pins = ROOT / "constraints" / f"mwaa-{version}.txt"
    sources = pins.read_bytes() + Path(__file__).read_bytes() + repr(REQUIREMENTS).encode()
    wanted = hashlib.sha256(sources).hexdigest()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / MADE
        if not made.is_file() or made.read_text() != wanted:
            _make(folder, version, pins)
            made.write_text(wanted)
    return folder


def _make(folder: Path, version: str, pins: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    variables = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    find = [*uv, "python", "find", "--system", "--no-project", "3.12"]
    found = subprocess.run(find, env=variables, capture_output=True, text=True)
    interpreter = found.stdout.strip() or sys.executable
    packages = [
        f"apache-airflow=={version}",
        *(f"apache-airflow-providers-{name}" for name in EXTRAS),
        *REQUIREMENTS,
    ]
    for command in (
        [*uv, "venv", "--quiet", "--clear", "--python", interpreter, str(folder)],
        [*uv, "pip", "install", "--quiet", "--python", str(folder), "-c", str(pins), *packages],
    ):
        subprocess.run(command, check=True, env=variables, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    print(environment(sys.argv[1]))
