"""``pipelines new``: a commented file to start from that lints clean."""

from __future__ import annotations

import os
import re
from pathlib import Path

from generator.project import Project

_NAME = re.compile(r"[a-z0-9](-?[a-z0-9])*")


def write_starter(project: Project, name: str) -> Path | str:
    """Write ``pipelines/<name>.yaml`` and return it, or a sentence that says why not."""
    if not _NAME.fullmatch(name) or len(name) > 50:
        return f"'{name}' cannot be a name: use a-z, 0-9 and single hyphens, at most 50 characters"
    for file in project.pipeline_files():
        if file.stem == name:
            return f"{project.shown(file)} is there already; nothing was changed"
    starter = Path(__file__).parent / "templates" / "starter.yaml"
    file = project.pipelines / f"{name}.yaml"
    text = starter.read_text("utf-8").replace("PIPELINE_NAME", name)
    script = next(iter(sorted(path.name for path in project.glue_scripts.glob("*.py"))), None)
    if script is None:
        return "glue_scripts/ is empty; add a PySpark script first"
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text.replace("GLUE_SCRIPT", script))
    except OSError as error:
        return f"cannot write {project.shown(file)}: {os.strerror(error.errno or 0)}"
    return file
