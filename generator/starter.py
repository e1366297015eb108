"""``pipelines new``: a commented file to start from that lints clean."""

from __future__ import annotations

import os
from pathlib import Path

from generator.project import Project
from generator.schema import Schema
from generator.yaml_data import parse


def write_starter(project: Project, name: str) -> Path | str:
    """Write ``pipelines/<name>.yaml`` and return it, or a sentence that says why not."""
    if any(finding.path == ("name",) for finding in Schema.named("pipeline").check({"name": name})):
        return f"'{name}' cannot be a name: use a-z, 0-9 and single hyphens, at most 50 characters"
    for file in project.pipeline_files():
        if file.stem == name:
            return f"{project.shown(file)} is there already; nothing was changed"
    starter = Path(__file__).parent / "templates" / "starter.yaml"
    file = project.pipelines / f"{name}.yaml"
    text = starter.read_text("utf-8").replace("PIPELINE_NAME", _written(name))
    script = next(iter(sorted(path.name for path in project.glue_scripts.glob("*.py"))), None)
    if script is None:
        return "glue_scripts/ is empty; add a PySpark script first"
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text.replace("GLUE_SCRIPT", script))
    except OSError as error:
        return f"cannot write {project.shown(file)}: {os.strerror(error.errno or 0)}"
    return file


def _written(name: str) -> str:
    """Quote a name that YAML would read as something else: ``2026``, ``true``."""
    return name if parse(name)[1] == name else f'"{name}"'
