"""Installs what a Glue job asks for with --additional-python-modules, for this run alone."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


class ModulesError(Exception):
    """pip cannot install the modules; the text says why in one line."""


def install(arguments: Sequence[str], folder: Path) -> list[Path]:
    """Install the modules that the job run's arguments name; return the folder to import from.

    Nothing is done without the argument. Raises ModulesError.
    https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-python-libraries.html
    """
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--additional-python-modules", default="")
    named = parser.parse_known_args(arguments)[0].additional_python_modules
    modules = [module.strip() for module in named.split(",") if module.strip()]
    if not modules:
        return []
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*pip, "--target", str(folder), "--", *modules]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or ["pip says nothing more"]
        raise ModulesError(f"Cannot install {', '.join(modules)}: {lines[-1]}")
    return [folder]
