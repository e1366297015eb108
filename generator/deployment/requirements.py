"""requirements.txt and plugins.zip: the Python packages that MWAA's image lacks."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from generator.airflow_version import REQUIREMENTS

_PYTHON = "3.12"
"""What all versions of Airflow that we support run on: https://docs.aws.amazon.com/mwaa/latest/userguide/airflow-versions.html"""

_BESIDE: Mapping[str, tuple[str, ...]] = {
    "2.11.2": ("annotated-doc==0.0.4", "shellingham==1.5.4", "typer==0.24.1")
}
"""What dag-factory needs and an image lacks, too, as MWAA's constraints pin it.

Source: the bills of materials in https://github.com/aws/amazon-mwaa-docker-images; from Airflow 3
on, typer comes with fastapi.
"""

_HEAD = """\
# Written by `pipelines bundle`.
#
# No constraints are named here, on purpose: MWAA then takes those of its image, which pin every
# package that Airflow runs on. Naming that option even in a comment would switch them off.
"""
# MWAA unpacks plugins.zip into this folder before it installs the packages:
# https://docs.aws.amazon.com/mwaa/latest/userguide/best-practices-dependencies.html
_OFFLINE = """\
--no-index
--find-links /usr/local/airflow/plugins
"""


class NoWheelsError(Exception):
    """The packages cannot be downloaded; the text says why and what to do."""


def requirements(airflow: str) -> list[str]:
    """Return what MWAA's image of that Airflow version lacks, each with its version; sorted."""
    return sorted([*REQUIREMENTS, *_BESIDE.get(airflow, ())])


def requirements_file(airflow: str, offline: bool) -> bytes:
    """Return requirements.txt; ``offline`` takes the packages from plugins.zip."""
    lines = "".join(f"{each}\n" for each in requirements(airflow))
    return f"{_HEAD}{_OFFLINE if offline else ''}{lines}".encode()


def download_wheels(airflow: str) -> dict[str, bytes]:
    """Return the wheel of each requirement by its file's name, from the index that pip uses.

    Raises NoWheelsError.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--dest", folder, "--retries=2"]
        quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
        options = ["--no-deps", "--only-binary=:all:", f"--python-version={_PYTHON}"]
        done = subprocess.run(
            [*command, *quiet, *options, *requirements(airflow)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode:
            raise NoWheelsError(_reason(done.stderr))
        return {wheel.name: wheel.read_bytes() for wheel in Path(folder).iterdir()}


def plugins_zip(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of the files, the same bytes for the same files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)  # dated 1980
            entry.create_system = 3  # Unix, whatever it is made on
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, files[name])
    return archive.getvalue()


def _reason(printed: str) -> str:
    if "No module named pip" in printed:
        return f"--offline needs pip to download packages; `{sys.executable} -m ensurepip` adds it"
    errors = [line for line in printed.splitlines() if line.startswith("ERROR:")]
    said = (errors or printed.splitlines() or ["pip failed without a word"])[-1]
    return (
        f"the packages for plugins.zip cannot be downloaded: {said.removeprefix('ERROR: ')}; "
        "that needs the internet, or an index that pip is configured for"
    )
