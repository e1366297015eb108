"""What MWAA installs and sets before Airflow starts: requirements.txt, startup.sh, plugins.zip."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from generator.airflow_version import REQUIREMENTS

# Where MWAA unpacks plugins.zip:
# https://docs.aws.amazon.com/mwaa/latest/userguide/best-practices-dependencies.html
_PLUGINS = "/usr/local/airflow/plugins"
_ABOUT = """\
# What the DAGs need beyond MWAA's own image, which holds the rest in versions of its own.
# This file names no constraints on purpose: MWAA then applies those of its image, and asks no
# server for them.
"""
_OFFLINE = f"""\
# The packages are in plugins.zip; nothing is fetched.
--find-links {_PLUGINS}
--no-index
"""
_STARTUP = """\
#!/bin/sh
# MWAA reads this into its shell before each of Airflow's processes starts.
export PIPELINES_ENV={environment}
# dag-factory would tell its makers about every parse otherwise.
export AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY=False
"""
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip file can hold: the same input gives the same bytes."""


class NoWheelsError(Exception):
    """The packages cannot be fetched; the text says why."""


def requirements(offline: bool) -> str:
    """Return requirements.txt."""
    return _ABOUT + (_OFFLINE if offline else "") + "".join(f"{each}\n" for each in REQUIREMENTS)


def startup(environment: str) -> str:
    """Return startup.sh, which tells Airflow's processes which environment they are in."""
    return _STARTUP.format(environment=environment)


def plugins() -> bytes:
    """Return plugins.zip with the wheels of REQUIREMENTS, as pip finds them on its package index.

    Their own requirements are in MWAA's image. Raises NoWheelsError.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        options = ["--only-binary", ":all:", "--disable-pip-version-check", "--dest", folder]
        done = subprocess.run(
            [*command, *options, *REQUIREMENTS],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["pip failed"]
            raise NoWheelsError(
                f"cannot fetch {', '.join(REQUIREMENTS)}: {lines[-1].removeprefix('ERROR: ')}; "
                "--offline needs the package index once, here"
            )
        return _zipped(sorted(Path(folder).iterdir()))


def _zipped(files: list[Path]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, _EARLIEST)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return content.getvalue()
