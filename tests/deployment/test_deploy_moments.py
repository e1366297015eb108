"""Whatever moment of a deploy MWAA copies the bucket at, every pipeline there is sound."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from deploy_world import MWAA, DeployWorld
from examples import VALID

from generator.deployment.shipped_code import shipped_code

pytestmark = pytest.mark.slow

LOOK = """
import json, re, sys
from pathlib import Path
dags = Path(sys.argv[1])
(folder,) = set(re.findall('"(generator-.*)"', (dags / "pipelines.py").read_text()))
sys.path.insert(0, str(dags / folder))
import generator
from generator.compiler import judge
from generator.environment import load_environment
from generator.project import Project
assert generator.__file__.startswith(str(dags)), generator.__file__
project = Project(dags)
environment, problems = load_environment(project, "prod")
verdicts = list(judge(project, environment)) if environment else []
problems += [each for verdict in verdicts for each in verdict.problems]
print(json.dumps([
    sorted(each.file.stem for each in verdicts if each.configuration),
    [str(each) for each in problems if each.level == "error"],
]))
"""
"""Judge the pipelines of a dags folder with the code that its loader names."""


def newer_code() -> dict[str, bytes]:
    """Our code of tomorrow: a key more, and a function of another name, so that halves differ."""
    code = shipped_code()
    schema = json.loads(code["schemas/pipeline.schema.json"])
    schema["properties"]["note"] = {"type": "string", "description": "A note."}
    code["schemas/pipeline.schema.json"] = json.dumps(schema).encode()
    pipeline = code["generator/pipeline.py"]
    code["generator/pipeline.py"] = pipeline.replace(
        b"    catchup: ", b"    note: str = ''\n    catchup: "
    )
    return {name: text.replace(b"read_file", b"read_whole_file") for name, text in code.items()}


def moments(world: DeployWorld, before: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield each change below dags/ of the last deploy, and what was there after it."""
    state = dict(before)
    yield "", dict(state)
    for method, place in world.gate.changes:
        bucket, _, key = place.partition("/")
        if bucket != MWAA or not key.startswith("dags/"):
            continue
        if method == "DELETE":
            del state[key]
        else:
            state[key] = world.read(key)  # nothing is put twice, or put and deleted
        yield key, dict(state)


def judged(state: dict[str, bytes], folder: Path) -> tuple[list[str], list[str]]:
    """Return which pipelines a copy of this state has, and what is wrong with it."""
    for key, content in state.items():
        if key.startswith("dags/"):
            file = folder / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    command = [sys.executable, "-I", "-c", LOOK, str(folder / "dags")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names, problems = json.loads(done.stdout)
    return names, problems


def test_new_code_with_pipelines_that_need_it(deploy_world: DeployWorld, tmp_path: Path) -> None:
    deploy_world.ship(None)
    gone = deploy_world.pipeline("late")
    deploy_world.deploy()
    before = {key: deploy_world.read(key) for key in deploy_world.listed()}
    gone.unlink()
    deploy_world.ship(newer_code())
    deploy_world.write("glue_scripts/fresh.py", "print('fresh')\n")
    note = "note: needs the newer code\n"
    deploy_world.write("pipelines/churn.yaml", VALID.format(name="churn") + note)
    fresh = VALID.format(name="fresh").replace("clean.py", "fresh.py") + note
    deploy_world.write("pipelines/fresh.yaml", fresh)
    judge_here(deploy_world)
    assert deploy_world.deploy().code == 0
    found = []
    for number, (changed, state) in enumerate(moments(deploy_world, before)):
        if "/generator/" in changed and number % 40:  # a file of code that nothing names yet
            continue
        names, problems = judged(state, tmp_path / str(number))
        assert problems == []
        found.append(tuple(names))
    assert found[0] == ("churn", "late")
    assert found[-1] == ("churn", "fresh")
    assert all("churn" in names for names in found)
    assert len(found) > 8


def judge_here(world: DeployWorld) -> None:
    """Have lint know the key, too; what it says is not the matter here."""
    world.monkeypatch.setattr("generator.deployment.commands.judge", lambda *_: [])
