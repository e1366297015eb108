"""A bundle, laid out as on MWAA beside nothing else of ours, is what each Airflow there parses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from examples import ROOT
from mwaa_airflow import MwaaAirflow, environment_folder
from wheels import wheel_of

from generator.airflow_version import VERSIONS, AirflowVersion
from generator.deployment.requirements import requirements

pytestmark = pytest.mark.slow

LOOK = """
import json, sys
import airflow
from airflow.utils.file import list_py_file_paths
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
bag = DagBag(sys.argv[1])
modules = [getattr(module, "__file__", None) for name, module in sys.modules.items()
           if name.partition(".")[0] == "generator"]
print(json.dumps({
    "errors": bag.import_errors,
    "dags": {name: sorted(dag.task_ids) for name, dag in bag.dags.items()},
    "parsed": sorted(map(str, list_py_file_paths(sys.argv[1]))),
    "modules": sorted(filter(None, modules)),
}))
"""
"""What Airflow makes of a dags folder, which files it parses, and where our code comes from."""

CLOSURE = """
import json, re, sys
from importlib import metadata

def closure(names):
    found, waiting = set(), list(names)
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in found:
            continue
        found.add((name, extras))
        for each in map(Requirement, metadata.requires(name) or []):
            wanted = [{"extra": extra} for extra in extras] or [{"extra": ""}]
            if each.marker is None or any(each.marker.evaluate(env) for env in wanted):
                waiting.append((canonicalize_name(each.name), tuple(sorted(each.extras))))
    return {name for name, _ in found}

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
image = closure([("apache-airflow", ()), ("apache-airflow-providers-amazon", ("aiobotocore",)),
                 ("apache-airflow-providers-fab", ())])
lacking = closure([("dag-factory", ())]) - image
print(json.dumps(sorted(f"{name}=={metadata.version(name)}" for name in lacking)))
"""
"""What dag-factory needs and neither Airflow nor the providers in MWAA's image need."""


TRIGGERER = """
import airflow, sys
airflow.settings.prepare_syspath_for_config_and_plugins()
from airflow import plugins_manager
plugins_manager.__dict__.get("ensure_plugins_loaded", list)()
assert "job_trigger" not in sys.modules
from generator.operators.job_trigger import JobTrigger
print(sys.modules[JobTrigger.__module__].__file__)
"""
"""What the triggerer does, which has no dags folder."""

OTHERS = ("others.py", "others/generator.py")


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda version: version.name)
def version(request: pytest.FixtureRequest) -> AirflowVersion:
    chosen: AirflowVersion = request.param
    return chosen


@pytest.fixture(scope="module")
def bundle(version: AirflowVersion, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What goes to MWAA's bucket."""
    return bundled(version.name, tmp_path_factory.mktemp("bundle") / "bundle")


@pytest.fixture(scope="module")
def airflow(
    version: AirflowVersion, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> MwaaAirflow:
    """That Airflow with a bundle laid out as MWAA does, below a folder with a space in its name.

    Others have DAGs in the same folder.
    """
    home = tmp_path_factory.mktemp("an image") / "usr" / "local" / "airflow"
    shutil.copytree(bundle / "dags", home / "dags")
    with zipfile.ZipFile(bundle / "plugins.zip") as archive:
        archive.extractall(home / "plugins")
    for name in OTHERS:
        (home / "dags" / name).parent.mkdir(exist_ok=True)
        (home / "dags" / name).write_text("# a DAG of others, for airflow\n")
    airflow = MwaaAirflow(version.name, home, home / "dags")
    del airflow.variables["AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY"]
    airflow.variables |= sourced(bundle / "startup.sh")
    return airflow


def bundled(version: str, folder: Path, *options: str, **variables: str) -> Path:
    command = [sys.executable, "-m", "generator", "bundle", "--env", "prod", *options]
    command += ["--airflow-version", version, "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=variables or None, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "mwaa"


def sourced(script: Path) -> dict[str, str]:
    """Return what a shell exports that has sourced a startup script, and goes on afterwards."""
    command = ["env", "-i", "bash", "-c", '. "$0" && env -0', str(script)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    exported = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
    return {name: exported[name] for name in exported.keys() - {"PWD", "SHLVL", "_"}}


def test_it_is_all_that_airflow_needs_and_all_that_it_parses(airflow: MwaaAirflow) -> None:
    found = json.loads(airflow.run("-c", LOOK, str(airflow.dags)).splitlines()[-1])
    assert found["errors"] == {}
    assert {"glue_prepare", "train", "deploy"} <= set(found["dags"].pop("customer-churn"))
    assert found["dags"] == {}
    parsed = {str(Path(file).relative_to(airflow.dags)) for file in found["parsed"]}
    assert parsed == {"pipelines.py", "pipeline_errors.py", *OTHERS}
    (folder,) = airflow.dags.glob("generator-*")
    assert len(found["modules"]) > 50
    assert all(module.startswith(f"{folder}/") for module in found["modules"])


def test_the_triggerer_finds_the_trigger_without_the_dags_folder(airflow: MwaaAirflow) -> None:
    plugins = airflow.folder / "plugins"
    found = airflow.run("-c", TRIGGERER).splitlines()[-1]
    assert found == str(plugins / "generator" / "operators" / "job_trigger.py")


def test_mwaa_s_image_lacks_just_what_is_required(version: AirflowVersion) -> None:
    python = environment_folder(version.name) / "bin" / "python"
    done = subprocess.run([python, "-I", "-c", CLOSURE], capture_output=True, text=True)
    assert json.loads(done.stdout) == requirements(version.name), done.stderr


def test_it_asks_for_nothing_that_mwaa_s_pins_refuse(version: AirflowVersion, bundle: Path) -> None:
    """With the constraints that MWAA adds, installing it where it is installed changes nothing."""
    python = environment_folder(version.name) / "bin" / "python"
    pins = ROOT / "constraints" / f"mwaa-{version.name}.txt"
    install = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--dry-run", "--python"]
    done = subprocess.run(
        [*install, python, "-r", bundle / "requirements.txt", "-c", pins],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Would make no changes" in done.stderr


def test_without_internet_its_packages_come_out_of_plugins_zip(
    version: AirflowVersion, tmp_path: Path
) -> None:
    python = environment_folder(version.name) / "bin" / "python"
    shop, plugins, target = (tmp_path / name for name in ("shop", "plugins", "target"))
    names = [each.partition("==")[0] for each in requirements(version.name)]
    for name in names:
        wheel_of(name, python, shop)
    bundle = bundled(version.name, tmp_path / "bundle", "--offline", **only(shop))
    with zipfile.ZipFile(bundle / "plugins.zip") as archive:
        archive.extractall(plugins)
    file = bundle / "requirements.txt"
    file.write_text(file.read_text().replace("/usr/local/airflow/plugins", str(plugins)))
    # Into a folder of its own, where nothing is there yet of what is asked for.
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(target)]
    pins = ROOT / "constraints" / f"mwaa-{version.name}.txt"
    done = subprocess.run(
        [*install, "-r", str(file), "-c", str(pins)],
        env=only(tmp_path / "nowhere"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert {re.split(r"-\d", each.name)[0] for each in target.glob("*.dist-info")} == {
        name.replace("-", "_") for name in names
    }


def only(folder: Path) -> dict[str, str]:
    """Return the variables with which pip finds packages in ``folder`` and nowhere else."""
    return {
        "PATH": "/usr/bin:/bin",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(folder),
        "LC_ALL": "C.UTF-8",
    }
