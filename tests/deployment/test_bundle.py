"""`pipelines bundle` writes what goes to S3 into a folder: always the same, and all or nothing."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path

import pytest
from examples import ROOT, VALID
from wheels import tiny_wheel

from generator.airflow_version import NEWEST, VERSIONS
from generator.deployment.requirements import requirements
from generator.project import Project

Command = Callable[..., subprocess.CompletedProcess[str]]

CONSTRAINED = re.compile(r"-c |--constraint ")
"""By this MWAA finds out whether a requirements.txt names constraints, even in a comment."""


@pytest.fixture
def folder(project: Project, write: Callable[[str, str], Path]) -> Path:
    """Where the bundle of a project with one pipeline goes by default."""
    write("churn", VALID.format(name="churn"))
    return project.root / "build" / "bundle" / "prod"


def tree(folder: Path) -> dict[str, str]:
    """Return the digest of each file below a folder."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def only(wheels: Path) -> dict[str, str]:
    """Return the variables with which pip finds packages there and nowhere else."""
    pip = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    return {**os.environ, **pip}


def test_it_holds_what_goes_to_each_bucket(pipelines: Command, folder: Path) -> None:
    done = pipelines("bundle", "--env", "prod")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("wrote build/bundle/prod for Airflow 3.3.1: ")
    files = tree(folder)
    scripts = {
        f"glue_scripts/{name}.py" for name in ("clean", "join", "newer", "split", "unfinished")
    }
    code = {file for file in files if file.startswith("mwaa/dags/generator-")}
    assert files.keys() - code == {
        "bundle.json",
        *(f"artifacts/{script}" for script in scripts),
        *(f"mwaa/dags/{script}" for script in scripts),
        "mwaa/dags/glue_scripts/.airflowignore",
        "mwaa/dags/environments/prod.yaml",
        "mwaa/dags/pipelines/churn.yaml",
        "mwaa/dags/pipelines.py",
        "mwaa/dags/pipeline_errors.py",
        "mwaa/plugins.zip",
        "mwaa/requirements.txt",
        "mwaa/startup.sh",
    }
    about = json.loads((folder / "bundle.json").read_text())
    assert about["files"] == {name: files[name] for name in files if name != "bundle.json"}
    assert (about["environment"], about["airflow_version"]) == ("prod", "3.3.1")


def test_it_holds_of_our_code_what_the_loaders_import(pipelines: Command, folder: Path) -> None:
    pipelines("bundle", "--env", "prod")
    (code,) = (folder / "mwaa" / "dags").glob("generator-*")
    files = tree(code)
    assert {"generator/dag.py", "generator/templates/glue.yaml", ".airflowignore"} <= files.keys()
    assert {"schemas/pipeline.schema.json", "schemas/stages/glue.schema.json"} <= files.keys()
    of_a_laptop = ("cli.py", "commands.py", "local/", "deployment/", "report/", "rules/")
    assert not [
        file for file in files if file.startswith(tuple(f"generator/{e}" for e in of_a_laptop))
    ]
    assert not [
        file for file in files if "__pycache__" in file or "editor" in file or "tests/" in file
    ]
    for file in (code / "generator").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module
                and node.module.startswith("generator")
            ):
                name = node.module.replace(".", "/")
                assert {f"{name}.py", f"{name}/__init__.py"} & files.keys(), (file, node.module)


def test_the_same_project_gives_the_same_bytes(
    pipelines: Command, project: Project, folder: Path, tmp_path: Path
) -> None:
    pipelines("bundle", "--env", "prod")
    copy = tmp_path / "elsewhere"
    for file in sorted(project.root.rglob("*"), reverse=True):  # in another order, and later
        if file.is_file() and "build" not in file.relative_to(project.root).parts:
            target = copy / file.relative_to(project.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    other = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7", "PIPELINES_ROOT": str(copy)}
    mask = os.umask(0o077)
    try:
        done = pipelines("bundle", "--env", "prod", env={**os.environ, **other})
    finally:
        os.umask(mask)
    assert done.returncode == 0
    assert tree(copy / "build" / "bundle" / "prod") == tree(folder)


def test_a_change_of_a_pipeline_changes_that_file_alone(
    pipelines: Command, folder: Path, write: Callable[[str, str], Path]
) -> None:
    pipelines("bundle", "--env", "prod")
    before = tree(folder)
    write("churn", VALID.format(name="churn").replace("num_round: 10", "num_round: 20"))
    pipelines("bundle", "--env", "prod")
    after = tree(folder)
    assert {file for file in after if after[file] != before.get(file)} == {
        *("mwaa/dags/pipelines/churn.yaml", "bundle.json"),
    }


@pytest.mark.parametrize("version", [version.name for version in VERSIONS])
def test_files_to_ignore_are_in_the_words_of_that_airflow(
    pipelines: Command, folder: Path, version: str
) -> None:
    done = pipelines("bundle", "--env", "prod", "--airflow-version", version)
    assert f" for Airflow {version}: " in done.stdout
    ignored = {file.read_text() for file in (folder / "mwaa" / "dags").rglob(".airflowignore")}
    assert ignored == {".*\n" if version.startswith("2.") else "*\n"}


def test_the_environment_says_for_which_airflow(
    pipelines: Command, project: Project, folder: Path
) -> None:
    file = project.environment_file("prod")
    file.write_text(file.read_text().replace(NEWEST.name, "2.11.2"))
    assert " for Airflow 2.11.2: " in pipelines("bundle", "--env", "prod").stdout
    assert "typer==0.24.1\n" in (folder / "mwaa" / "requirements.txt").read_text()


def test_dag_factory_is_the_one_that_we_test_with() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    tested = config["options.extras_require"]["airflow"].split()
    assert set(requirements(NEWEST.name)) <= set(tested)


@pytest.mark.parametrize("options", [[], ["--offline"]])
def test_mwaa_s_own_constraints_stay_in_force(
    pipelines: Command, folder: Path, tmp_path: Path, options: list[str]
) -> None:
    for requirement in requirements("3.3.1"):
        tiny_wheel(requirement, tmp_path / "shop")
    pipelines("bundle", "--env", "prod", *options, env=only(tmp_path / "shop"))
    text = (folder / "mwaa" / "requirements.txt").read_text()
    assert not [line for line in text.splitlines() if CONSTRAINED.search(line)]
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    offline = ["--no-index", "--find-links /usr/local/airflow/plugins"]
    assert lines == [*(offline if options else []), "dag-factory==1.1.0"]


def test_the_startup_script_says_where_airflow_is(pipelines: Command, folder: Path) -> None:
    pipelines("bundle", "--env", "prod")
    script = folder / "mwaa" / "startup.sh"
    # MWAA goes on after it, in the same shell; nothing may fail because of an option set in it.
    command = '. "$0"; false; echo "$PIPELINES_ENV $AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY"; env'
    done = subprocess.run(
        ["env", "-i", "bash", "-uc", command, script], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[0] == "prod False"
    assert "\nPIPELINES_ENV=prod\n" in done.stdout
    assert done.stderr == ""


def test_wheels_go_into_plugins_zip_always_the_same(
    pipelines: Command, folder: Path, tmp_path: Path
) -> None:
    for requirement in requirements("2.11.2"):
        tiny_wheel(requirement, tmp_path / "shop")
    options = ("bundle", "--env", "prod", "--airflow-version", "2.11.2", "--offline")
    contents = []
    for zone in ("UTC", "Asia/Tokyo"):
        done = pipelines(*options, env={**only(tmp_path / "shop"), "TZ": zone})
        assert (done.returncode, done.stderr) == (0, "")
        contents.append((folder / "mwaa" / "plugins.zip").read_bytes())
    assert contents[0] == contents[1]
    with zipfile.ZipFile(folder / "mwaa" / "plugins.zip") as archive:
        assert [name for name in archive.namelist() if name.endswith(".whl")] == [
            "annotated_doc-0.0.4-py3-none-any.whl",
            "dag_factory-1.1.0-py3-none-any.whl",
            "shellingham-1.5.4-py3-none-any.whl",
            "typer-0.24.1-py3-none-any.whl",
        ]
        assert archive.testzip() is None


def test_nothing_waits_in_the_triggerer_where_the_environment_says_so(
    project: Project, pipelines: Command, folder: Path
) -> None:
    file = project.environment_file("prod")
    file.write_text(f"{file.read_text()}deferrable: false\n")
    pipelines("bundle", "--env", "prod")
    assert not (folder / "mwaa" / "plugins.zip").exists()


def test_without_an_index_there_is_no_offline_bundle(
    pipelines: Command, folder: Path, tmp_path: Path
) -> None:
    done = pipelines("bundle", "--env", "prod", "--offline", env=only(tmp_path / "nowhere"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("pipelines: the packages for plugins.zip cannot be downloaded: ")
    assert "dag-factory==1.1.0" in done.stderr
    assert not folder.exists()


def test_a_mistake_leaves_the_bundle_of_before(
    pipelines: Command, folder: Path, write: Callable[[str, str], Path]
) -> None:
    pipelines("bundle", "--env", "prod")
    before = tree(folder)
    write("late", "schema_version: 1\nname: late\n")
    done = pipelines("bundle", "--env", "prod")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("pipelines/late.yaml:1:1: ")
    assert done.stderr.endswith("\nnothing was done: 2 errors, see above\n")
    assert tree(folder) == before


def test_a_warning_is_told_and_stops_nothing(
    pipelines: Command, folder: Path, write: Callable[[str, str], Path]
) -> None:
    text = VALID.format(name="late").replace(
        "instance_type: ml.m5.large", "instance_type: ml.zz9.large"
    )
    write("late", text)
    done = pipelines("bundle", "--env", "prod")
    assert (done.returncode, "warning: " in done.stderr) == (0, True)
    assert (folder / "mwaa" / "dags" / "pipelines" / "late.yaml").is_file()


def test_what_is_inherited_goes_along_and_what_is_no_pipeline_does_not(
    pipelines: Command, project: Project, folder: Path, write: Callable[[str, str], Path]
) -> None:
    write("team/late", VALID.format(name="late"))
    write("team/_defaults", "retries: 1\n")
    write("team/_draft", "nonsense")
    write("nobody/_defaults", "retries: 1\n")
    (project.pipelines / "README.md").write_text("Our pipelines\n")
    pipelines("bundle", "--env", "prod")
    below = folder / "mwaa" / "dags" / "pipelines"
    assert tree(below).keys() == {"churn.yaml", "team/late.yaml", "team/_defaults.yaml"}


def test_other_dags_of_the_project_go_along_unchanged(
    pipelines: Command, project: Project, folder: Path
) -> None:
    (project.dags / "other.py").write_text("# a DAG for Airflow\n")
    (project.dags / "pipeline_errors.py").write_text(
        "from __future__ import annotations\nraise OSError\n"
    )
    pipelines("bundle", "--env", "prod")
    dags = folder / "mwaa" / "dags"
    assert (dags / "other.py").read_text() == "# a DAG for Airflow\n"
    first, *_, last = (dags / "pipeline_errors.py").read_text().splitlines()
    assert (first, last) == ("from __future__ import annotations", "raise OSError")
    for file in dags.glob("*.py"):
        compile(file.read_text(), file, "exec")


def test_a_loader_that_is_no_python_is_named(
    pipelines: Command, project: Project, folder: Path
) -> None:
    (project.dags / "pipelines.py").write_text("import\n")
    done = pipelines("bundle", "--env", "prod")
    assert (done.returncode, folder.exists()) == (2, False)
    assert done.stderr.startswith("pipelines: dags/pipelines.py is no Python: ")


def test_a_project_without_pipelines_is_a_mistake(pipelines: Command, project: Project) -> None:
    done = pipelines("bundle", "--env", "prod")
    assert done.returncode == 2
    assert done.stderr == (
        "pipelines: there is no pipeline in pipelines/, so there is nothing to bring\n"
    )


def test_an_unreadable_script_is_named(pipelines: Command, project: Project, folder: Path) -> None:
    (project.glue_scripts / "folder.py").mkdir()
    done = pipelines("bundle", "--env", "prod")
    assert done.returncode == 2
    assert done.stderr.startswith("pipelines: glue_scripts/folder.py: it is a folder (")
    assert not folder.exists()


def test_what_was_left_out_since_is_not_in_the_next(
    pipelines: Command, folder: Path, write: Callable[[str, str], Path]
) -> None:
    late = write("late", VALID.format(name="late"))
    for _ in range(2):
        pipelines("bundle", "--env", "prod")
        assert (folder / "mwaa/dags/pipelines/late.yaml").exists() is late.exists()
        late.unlink(missing_ok=True)
    assert [path.name for path in folder.parent.iterdir()] == ["prod"]


@pytest.mark.parametrize("kind", ["full", "file", "half a bundle", "bundle and more"])
@pytest.mark.usefixtures("folder")
def test_what_is_no_bundle_is_never_replaced(pipelines: Command, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "my home"
    if kind == "file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine").write_text("mine")
    if kind == "half a bundle":
        (target / "mine").rename(target / "bundle.json")
    if kind == "bundle and more":
        (target / "bundle.json").write_text('{"files": {}}')
    before = tree(target) or target.read_text()
    done = pipelines("bundle", "--env", "prod", "--output", str(target))
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        f"pipelines: {target} is there and no bundle of ours, so it is not replaced" in done.stderr
    )
    assert (tree(target) or target.read_text()) == before


@pytest.mark.usefixtures("folder")
def test_a_link_and_an_empty_folder_will_do(pipelines: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    for _ in range(2):
        done = pipelines("bundle", "--env", "prod", "--output", str(tmp_path / "link"))
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "empty" / "bundle.json").is_file()
        assert (tmp_path / "link").is_symlink()


def test_when_the_disk_is_full_the_bundle_of_before_is_there(
    pipelines: Command, project: Project, folder: Path
) -> None:
    pipelines("bundle", "--env", "prod")
    before = tree(folder)
    (project.glue_scripts / "large.py").write_text("#" * 500_000)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))  # noqa: E731
    done = pipelines("bundle", "--env", "prod", preexec_fn=limit)
    assert done.returncode == 2
    assert done.stderr == f"pipelines: cannot write {folder}: File too large\n"
    assert tree(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["prod"]


def test_a_folder_that_cannot_be_written_is_named(
    pipelines: Command, project: Project, folder: Path
) -> None:
    (project.root / "build").write_text("a file")
    done = pipelines("bundle", "--env", "prod")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"pipelines: cannot write {folder}: Not a directory\n"


@pytest.mark.slow
def test_a_wheel_makes_the_same_bundle_as_a_checkout(
    pipelines: Command, project: Project, folder: Path, tmp_path: Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "installed"
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("generator", "schemas", "dags"):
        shutil.copytree(ROOT / name, source / name, ignore=unwanted)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    options = ["--no-build-isolation", "--target", str(target), str(source)]
    subprocess.run([*pip, *options], env=only(tmp_path), check=True, capture_output=True)
    shutil.rmtree(source)
    pipelines("bundle", "--env", "prod")
    expected = tree(folder)
    shutil.rmtree(project.dags)  # of a project that installs the wheel, and has none
    program = "import generator.cli as c, sys; print(c.__file__); sys.exit(c.main())"
    done = subprocess.run(
        [sys.executable, "-c", program, "bundle", "--env", "prod"],
        env={**os.environ, "PYTHONPATH": str(target)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(target))
    assert tree(folder) == expected
