"""Many pipelines are spread over several loader files: each in one, and no mistake is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import airflow_world
from examples import VALID

from generator.deployment.loader_file import loader_files, without_number
from generator.project import Project
from generator.shard import PER_LOADER, loaders_for, shard

Write = Callable[[str, str], Path]
NAMES = [f"churn-{number}" for number in range(4_000)]

ENDPOINT = "endpoint:\n  name: one-of-a-kind"
LOAD_SHARDS = """
import json, sys
from pathlib import Path
from airflow.sdk.definitions._internal.dag_parsing_context import _airflow_parsing_context_manager
from airflow.serialization.serialized_objects import DagSerialization
from generator.dag import load_dags, raise_problems
loader = Path(sys.argv[1])
def loaded(shard):
    dags = load_dags(loader, shard)
    try:
        raise_problems(loader, shard)
    except Exception as error:
        said = str(error).splitlines()
    else:
        said = []
    return [{name: DagSerialization.to_dict(dag) for name, dag in dags.items()}, said]
count = int(sys.argv[2])
made = loaded((1, 1))
kept = loaded((1, 1))
shards = [loaded((own, count)) for own in range(1, count + 1)]
asked = {}
for name in made[0]:
    with _airflow_parsing_context_manager(dag_id=name, task_id="train"):
        asked |= loaded((1, 1))[0]
print(json.dumps([made, kept, asked, shards]))
"""


def test_every_loader_file_has_about_as_many() -> None:
    for count in (2, 3, 8, 20):
        found = Counter(shard(name, count) for name in NAMES)
        assert set(found) == set(range(1, count + 1))
        assert max(found.values()) < 1.3 * len(NAMES) / count


def test_where_a_loader_file_is_added_pipelines_move_only_to_that_one() -> None:
    for count in (1, 2, 7):
        moved = [name for name in NAMES if shard(name, count) != shard(name, count + 1)]
        assert {shard(name, count + 1) for name in moved} == {count + 1}
        assert len(moved) < 1.2 * len(NAMES) / (count + 1)


def test_the_shard_of_a_name_is_the_same_for_ever() -> None:
    assert [shard(name, 20) for name in ("customer-churn", "late-payers", "a")] == [7, 13, 17]


def test_a_loader_file_has_a_limit() -> None:
    counts = [loaders_for(number) for number in (0, 1, PER_LOADER, PER_LOADER + 1, 5_000)]
    assert counts == [1, 1, 1, 2, 20]


def test_what_is_kept_asked_for_or_spread_makes_the_same_dags_and_tells_of_the_same_mistakes(
    project: Project, write: Write, tmp_path: Path
) -> None:
    for number in range(9):
        write(f"team-{number % 2}/p{number}", VALID.format(name=f"p{number}"))
    for number in range(4):
        own = f"q{number}"
        text = VALID.format(name=own).replace(f"endpoint:\n  name: {own}", ENDPOINT)
        write(own, text)
    write("broken", "name: [")
    (project.pipelines / "linked").symlink_to(tmp_path)
    home = airflow_world.home(project, tmp_path / "airflow")
    loader = str(project.dags / "pipelines.py")
    variables = {"TMPDIR": str(tmp_path)}  # nothing is kept there yet
    made, kept, asked, shards = airflow_world.python(home, LOAD_SHARDS, loader, "4", **variables)
    whole, said = made
    assert kept == made
    assert asked == whole
    assert len([*whole]) == 10
    assert sum(len(dags) for dags, _ in shards) == len(whole)
    assert {name: dag for dags, _ in shards for name, dag in dags.items()} == whole
    assert sorted(line for _, lines in shards for line in lines) == sorted(said)
    assert len(said) == 5  # three endpoints that are taken, a broken file and a link


def test_a_loader_of_ones_own_stays_one_file() -> None:
    written = dict(loader_files("pipelines.py", "from x import y\ny()\n", "generator-1", 9_999))
    assert list(written) == ["pipelines.py"]
    assert written["pipelines.py"].decode().endswith("from x import y\ny()\n")


def test_each_file_of_a_loader_has_its_share() -> None:
    text = '"""About."""\n\nSHARD = (\n    1, 1\n)\n\ncall(SHARD)\n'
    written = dict(loader_files("pipelines.py", text, "generator-1", 2 * PER_LOADER + 1))
    assert list(written) == ["pipelines.py", "pipelines_2.py", "pipelines_3.py"]
    for number, content in enumerate(written.values(), 1):
        lines = content.decode().splitlines()
        assert lines[0] == '"""About."""'
        assert lines[-3:] == [f"SHARD = ({number}, 3)", "", "call(SHARD)"]
        compile(content, "loader", "exec")
    assert {without_number(name) for name in written} == {"pipelines.py"}
    assert without_number("pipeline_errors.py") == "pipeline_errors.py"
