"""A bundle, laid out as on MWAA beside nothing else of ours, is what each Airflow there parses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from examples import ROOT
from mwaa_airflow import MwaaAirflow, environment_folder
from wheels import wheel_of

from generator.airflow_version import VERSIONS, AirflowVersion
from generator.deployment.requirements import requirements

pytestmark = pytest.mark.slow

FILES = """
import json, sys
from airflow.utils.file import list_py_file_paths
print(json.dumps(sorted(map(str, list_py_file_paths(sys.argv[1])))))
"""
"""Which files the DAG processor would parse."""

MODULES = """
import json, sys
import airflow
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
DagBag(sys.argv[1])
modules = [getattr(each, "__file__", None) for name, each in sys.modules.items()
           if name.partition(".")[0] == "generator"]
print(json.dumps(sorted(filter(None, modules))))
"""
"""Where our code comes from once the DAGs are there."""

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


@pytest.fixture(params=VERSIONS, ids=lambda version: version.name)
def version(request: pytest.FixtureRequest) -> AirflowVersion:
    chosen: AirflowVersion = request.param
    return chosen


def bundled(version: str, folder: Path, *options: str, **variables: str) -> Path:
    command = [sys.executable, "-m", "generator", "bundle", "--env", "prod", *options]
    command += ["--airflow-version", version, "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=variables or None, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "mwaa"


def installed(version: str, bundle: Path, root: Path) -> MwaaAirflow:
    """Lay a bundle out as MWAA does, below ``root``, in a folder that has a space in its name."""
    home = root / "an image" / "usr" / "local" / "airflow"
    shutil.copytree(bundle / "dags", home / "dags")
    airflow = MwaaAirflow(version, home, home / "dags")
    del airflow.variables["AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY"]
    airflow.variables |= sourced(bundle / "startup.sh")
    return airflow


def sourced(script: Path) -> dict[str, str]:
    """Return what a shell exports that has sourced a startup script, and goes on afterwards."""
    command = '. "$0" && env -0'
    done = subprocess.run(
        ["env", "-i", "bash", "-c", command, str(script)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    exported = dict(line.split("=", 1) for line in done.stdout.split("\0") if line)
    return {name: exported[name] for name in exported.keys() - {"PWD", "SHLVL", "_"}}


def test_it_is_all_that_airflow_needs(version: AirflowVersion, tmp_path: Path) -> None:
    airflow = installed(version.name, bundled(version.name, tmp_path / "bundle"), tmp_path)
    found = airflow.inspect()
    assert found["errors"] == {}
    assert found["warnings"] == []
    assert found["dags"].keys() == {"customer-churn"}
    assert found["dags"]["customer-churn"]["tasks"].keys() == {
        *("glue_prepare", "train", "create_model", "create_endpoint_config", "deploy"),
    }
    modules = json.loads(airflow.run("-c", MODULES, str(airflow.dags)).splitlines()[-1])
    assert len(modules) > 50
    (folder,) = airflow.dags.glob("generator-*")
    assert all(module.startswith(f"{folder}/") for module in modules)


def test_only_the_loaders_are_parsed(version: AirflowVersion, tmp_path: Path) -> None:
    airflow = installed(version.name, bundled(version.name, tmp_path / "bundle"), tmp_path)
    (airflow.dags / "others").mkdir()
    for name in ("others.py", "others/generator.py"):
        (airflow.dags / name).write_text("# a DAG of others, for airflow\n")
    parsed = json.loads(airflow.run("-c", FILES, str(airflow.dags)).splitlines()[-1])
    shown = {str(Path(file).relative_to(airflow.dags)) for file in parsed}
    ours = {"pipelines.py", "pipeline_errors.py"}
    assert shown == {*ours, "others.py", "others/generator.py"}


def test_the_dag_processor_stores_its_dag(version: AirflowVersion, tmp_path: Path) -> None:
    airflow = installed(version.name, bundled(version.name, tmp_path / "bundle"), tmp_path)
    airflow.process_dags()
    assert airflow.rows("SELECT dag_id FROM dag") == [("customer-churn",)]
    assert airflow.rows("SELECT filename, stacktrace FROM import_error") == []


def test_mwaa_s_image_lacks_just_what_is_required(version: AirflowVersion) -> None:
    python = environment_folder(version.name) / "bin" / "python"
    done = subprocess.run([python, "-I", "-c", CLOSURE], capture_output=True, text=True)
    assert json.loads(done.stdout) == requirements(version.name), done.stderr


def test_it_asks_for_nothing_that_mwaa_s_pins_refuse(
    version: AirflowVersion, tmp_path: Path
) -> None:
    """With the constraints that MWAA adds, installing it where it is installed changes nothing."""
    bundle = bundled(version.name, tmp_path / "bundle")
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
    text = (bundle / "requirements.txt").read_text()
    assert text.count("/usr/local/airflow/plugins") == 1
    here = tmp_path / "requirements.txt"
    here.write_text(text.replace("/usr/local/airflow/plugins", str(plugins)))
    pins = ROOT / "constraints" / f"mwaa-{version.name}.txt"
    # Into a folder of its own, where they count as missing; what the image has, it is told of.
    have = tmp_path / "image.txt"
    have.write_text(pins.read_text())
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(target)]
    done = subprocess.run(
        [*install, "-r", str(here), "-c", str(have)],
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


def test_the_version_of_dag_factory_is_the_same_everywhere() -> None:
    wanted = [each for each in metadata.requires("airflow-ml-pipelines") or [] if "dag-fac" in each]
    assert [each.partition(";")[0] for each in wanted] == requirements("3.3.1")
