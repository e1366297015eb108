"""``pipelines new``: a commented file to start from that lints clean."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from generator.json_schema.bundle import as_text, editor_schema
from generator.json_schema.schema import Schema
from generator.project import Project
from generator.yaml_file.quoting import written

EDITOR_SCHEMA = "schemas/editor/pipeline.json"
"""Where a project keeps the schema that the first lines of a pipeline name for editors.

VS Code reads the first of the two lines, and JetBrains the second:
https://www.jetbrains.com/help/idea/yaml.html#use-schema-keyword
"""


def write_starter(project: Project, name: str) -> list[Path] | str:
    """Write ``pipelines/<name>.yaml`` and return it, or a sentence that says why not.

    A project that lacks the schema for editors gets it, too: they work without internet.
    """
    if any(finding.path == ("name",) for finding in Schema.named("pipeline").check({"name": name})):
        return f"'{name}' cannot be a name: use a-z, 0-9 and single hyphens, at most 50 characters"
    for file in project.pipeline_files():
        if file.stem == name:
            return f"{project.shown(file)} is there already; nothing was changed"
    script = next(iter(sorted(path.name for path in project.glue_scripts.glob("*.py"))), None)
    if script is None:
        return "glue_scripts/ is empty; add a PySpark script first"
    file, schema = project.pipelines / f"{name}.yaml", project.root / EDITOR_SCHEMA
    place = Path(os.path.relpath(schema, file.parent)).as_posix()
    files = {file: _text(SCHEMA=place, PIPELINE_NAME=written(name), GLUE_SCRIPT=script)}
    if not schema.exists():
        files[schema] = as_text(editor_schema("pipeline"))
    return _create(project, files)


def _text(**values: str) -> str:
    text = (Path(__file__).parent / "templates" / "starter.yaml").read_text("utf-8")
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _create(project: Project, files: Mapping[Path, str]) -> list[Path] | str:
    for file, text in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as target:
                target.write(text)
        except OSError as error:
            return f"cannot write {project.shown(file)}: {os.strerror(error.errno or 0)}"
    return list(files)
