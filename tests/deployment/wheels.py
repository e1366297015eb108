"""Wheels for tests that may not ask a package index."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

FILES = """
import json, sys
from importlib import metadata
found = metadata.distribution(sys.argv[1])
files = {str(path): str(path.locate()) for path in found.files}
print(json.dumps([found.name, found.version, files]))
"""


def wheel_of(package: str, python: Path, folder: Path) -> Path:
    """Pack an installed package of pure Python into a wheel again, as it was."""
    command = [str(python), "-I", "-c", FILES, package]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    name, version, files = json.loads(printed)
    made = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
    kept = {
        inside: Path(path)
        for inside, path in files.items()
        if not inside.startswith("..") and "__pycache__" not in inside
        if Path(inside).name not in made
    }
    folder.mkdir(exist_ok=True)
    wheel = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for inside, path in kept.items():
            archive.write(path, inside)
    return wheel


def tiny_wheel(requirement: str, folder: Path) -> Path:
    """Make a wheel that is called like a requirement (``typer==1.0``) and holds next to nothing."""
    name, _, version = requirement.partition("==")
    name = name.replace("-", "_")
    folder.mkdir(exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return wheel
