"""Secrets are planted where real ones live, everything is run, and none of them is anywhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import airflow_parts
import airflow_world
import pytest
from canaries import SECRETS, found, found_in
from canary_world import World, everything_in, watched_secrets, world
from examples import VALID

from generator import cli
from generator.local.airflow import AirflowHome
from generator.local.processes import Processes
from generator.project import Project
from generator.report import FORMATS

pytestmark = pytest.mark.timeout(600)  # the runs are made once, for the first test of theirs

PASSWORD = "pipelines/warehouse/password"
NO_SECRETS = {"job": "warehouse_prepare", "name": PASSWORD}
"""What has to be found in every place of which a test says that no secret is there."""

ASK = """
import hashlib, json
from airflow.sdk import Connection, Variable
found = [Connection.get(name).password for name in ("crm", "warehouse")]
found += [Variable.get(name) for name in ("region_list", "api_token")]
Connection.get("aws_default")
print(json.dumps([hashlib.sha256(each.encode()).hexdigest() for each in found]))
"""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A project with secrets all around it, of which a run is kept from cleaning up."""
    with world(tmp_path_factory.mktemp("world")) as made:
        arguments = ("run", "warehouse", "--logs", "--keep", "--report", "report.json")
        with made.running(*arguments) as said:
            made.said["run"] = said
            yield made


@pytest.fixture(scope="module")
def asked(used: World) -> Iterator[tuple[str, list[str]]]:
    with watched_secrets(used.clients) as watched:
        yield watched


@pytest.fixture(scope="module")
def airflow(used: World, asked: tuple[str, list[str]]) -> Iterator[AirflowHome]:
    """A whole Airflow after a run; connections and variables are in Secrets Manager."""
    home = used.airflow("airflow", AWS_ENDPOINT_URL_SECRETS_MANAGER=asked[0])
    with airflow_parts.running(home):
        states = airflow_parts.await_end(home, "warehouse")
        assert set(states.values()) == {"success"}, (states, _errors(home))
        yield home


def _errors(home: AirflowHome) -> list[str]:
    logs = [file.read_text() for file in (home.folder / "logs").rglob("attempt=*.log*")]
    return [line for log in logs for line in log.splitlines() if '"level":"error"' in line]


@pytest.mark.slow
def test_the_script_has_got_the_password_and_the_run_succeeds(used: World) -> None:
    assert f"digest {digest(PASSWORD)}" in used.said["run"]
    assert "warehouse: success" in used.said["run"]


@pytest.mark.slow
def test_nothing_that_a_run_says_or_writes_holds_a_secret(used: World) -> None:
    assert found(used.said["run"]) == []
    assert found_in(used.folder) == []
    written = found_in(used.folder, NO_SECRETS)
    for place in ("serialized_dag.data", "xcom.value", "airflow/stdout.log"):
        assert any(each.endswith(place) for each in written), place


@pytest.mark.slow
def test_the_account_holds_them_nowhere_but_in_secrets_manager(used: World) -> None:
    texts = {name: as_bytes(each) for name, each in everything_in(used.clients)}
    assert [name for name, text in texts.items() if found(text)] == []
    holding = {name for name, text in texts.items() if found(text, NO_SECRETS)}
    assert {"glue job warehouse_prepare", "glue runs of warehouse_prepare"} <= holding
    assert digest(PASSWORD).encode() in texts["/aws-glue/jobs/output"]


@pytest.mark.slow
def test_airflow_keeps_none_in_its_database_its_logs_and_its_files(airflow: AirflowHome) -> None:
    assert found_in(airflow.folder) == []
    written = found_in(airflow.folder, NO_SECRETS)
    for place in ("serialized_dag.data", "fields.rendered_fields", "xcom.value", "attempt=1.log"):
        assert any(each.endswith(place) for each in written), place


@pytest.mark.slow
def test_a_pipeline_looks_nothing_up_and_connections_of_others_are_found(
    airflow: AirflowHome, asked: tuple[str, list[str]]
) -> None:
    _, names = asked
    assert names == []
    given = airflow_world.python(airflow, ASK)
    expected = ["airflow/connections/crm", "AIRFLOW_CONN_WAREHOUSE"]
    expected += ["airflow/variables/region_list", "AIRFLOW_VAR_API_TOKEN"]
    assert given == [digest(each) for each in expected]
    assert "airflow/connections/crm" in names
    assert "airflow/connections/aws_default" not in names
    option = "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS"
    careless = json.loads(airflow.variables[option])
    del careless["connections_lookup_pattern"]
    airflow_world.python(airflow, ASK, **{option: json.dumps(careless)})
    assert "airflow/connections/aws_default" in names


@pytest.mark.slow
def test_a_pipeline_that_fails_with_a_password_in_hand_does_not_say_it(used: World) -> None:
    said = used.run("run", "failing", "--logs", "--report", "failure.json")
    assert "failing: failed" in said
    assert "No suitable driver" in said
    assert found(said) == []
    assert found_in(used.project.root) == []


@pytest.mark.slow
def test_no_command_says_or_writes_what_the_environment_holds(used: World) -> None:
    broken = used.project.pipelines / "broken.yaml"
    broken.write_text(VALID.format(name="broken") + "a: 1\n")
    for form in FORMATS:
        assert "broken.yaml" in used.run("lint", "--format", form)
    broken.unlink()
    for command in ("show", "graph"):
        assert "glue_prepare" in used.run(command, "warehouse")
    used.run("bundle")
    used.run("deploy", "--dry-run")
    used.run("deploy")
    used.run("doctor")
    assert {name: found(text) for name, text in used.said.items() if found(text)} == {}
    assert found_in(used.folder) == []


def digest(secret: str) -> str:
    return hashlib.sha256(SECRETS[secret].encode()).hexdigest()


def as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, default=str).encode()


CANARY = "canary-" + "a3b9c2d1"

WRONG = f"tags: {{token: {CANARY}}}\nschedule: {CANARY}\n"
"""What has another mistake, whose message would quote the secret."""

PLACES = {
    "a pipeline": ("pipelines/x.yaml", VALID.format(name="x") + WRONG),
    "a comment": ("pipelines/x.yaml", VALID.format(name="x") + f"# password: {CANARY}\n"),
    "an argument": (
        "pipelines/x.yaml",
        VALID.format(name="x").replace("in/\n", f"in/\n    db_password: {CANARY}\n"),
    ),
    "an escaped key": (
        "pipelines/x.yaml",
        VALID.format(name="x").replace("in/\n", f'in/\n    "pass\\u0077ord": {CANARY}\n'),
    ),
    "a parameter": (
        "pipelines/x.yaml",
        VALID.format(name="x")
        + f"params:\n  password:\n    type: string\n    default: {CANARY}\n"
        + "description: unused\n",
    ),
    "a file in capitals": ("pipelines/X.YAML", VALID.format(name="X") + f"# token={CANARY}\n"),
    "the defaults": (
        "pipelines/_defaults.yaml",
        f"retries: {CANARY}\ntags: {{secret: {CANARY}}}\n",
    ),
    "the environment": (
        "environments/local.yaml",
        "region: us-east-1\ndata_bucket: local-data\nartifacts_bucket: local-artifacts\n"
        "glue_role_arn: arn:aws:iam::123456789012:role/local-glue\n"
        "sagemaker_role_arn: arn:aws:iam::123456789012:role/local-sagemaker\n"
        f"variables: {{database_password: {CANARY}}}\npoll_interval: {CANARY}\n",
    ),
}


@pytest.fixture(params=PLACES)
def leaky(project: Project, request: pytest.FixtureRequest) -> Project:
    """A project with a secret in one of its YAML files, and a sound pipeline."""
    name, text = PLACES[request.param]
    (project.pipelines / "sound.yaml").write_text(VALID.format(name="sound"))
    (project.root / name).write_text(text)
    return project


def test_what_a_file_holds_is_refused_and_said_by_no_command(
    leaky: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = next(iter(set(leaky.pipeline_files()) - {leaky.pipelines / "sound.yaml"}), None)
    name = broken.stem if broken else "sound"
    commands = [("lint", "--format", form) for form in FORMATS]
    commands += [("show", name), ("graph", name), ("run", name), ("lint", "--fix")]
    commands += [("bundle",), ("deploy", "--dry-run"), ("deploy",)]
    for command in commands:
        assert cli.main(command) != 0, command
        said = "".join(capfd.readouterr())
        assert said, command
        assert found(said, {"canary": CANARY}) == [], command
    written = [each for each in found_in(leaky.root, {"canary": CANARY}) if "build" in each]
    assert written == []


@pytest.mark.slow
# Lint and the loader are one judge: of the places, those that are read in different ways.
@pytest.mark.parametrize("leaky", ["a pipeline", "the defaults", "an escaped key"], indirect=True)
def test_airflow_is_not_told_what_a_file_holds(leaky: Project, tmp_path: Path) -> None:
    home = airflow_world.home(leaky, tmp_path / "airflow")
    processes = Processes()
    try:
        home.create_database(processes)
        command = home.command("dag-processor", "--num-runs", "1")
        process = processes.start(command, home.folder, home.variables)
        assert process.wait(240) == 0
    finally:
        processes.close()
        processes.clean_up()
    with closing(sqlite3.connect(home.database)) as database:
        ((error,),) = database.execute("SELECT stacktrace FROM import_error").fetchall()
    assert "[secret]" in error
    assert found_in(home.folder, {"canary": CANARY}) == []
    written = found_in(home.folder, {"rule": "[secret]"})
    assert any(each.endswith("import_error.stacktrace") for each in written)


def in_a_zip(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "hide",
    [
        lambda secret: b"before " + secret + b" after",
        lambda secret: b"x" + secret.hex().encode(),
        lambda secret: base64.b64encode(b"user:" + secret + b"@host"),
        lambda secret: base64.b64encode(b"user1:" + secret + b"@host"),
        lambda secret: base64.b64encode(b"user12:" + secret + b"@host"),
        lambda secret: zlib.compress(b"a" * 100 + secret),
        lambda secret: gzip.compress(in_a_zip(secret * 3)),
        lambda secret: secret.decode().encode("utf-16"),
    ],
)
def test_the_search_finds_a_secret_however_it_is_written(
    hide: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    hidden = hide(SECRETS[PASSWORD].encode())
    assert found(hidden) == [PASSWORD]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(hidden)
    with closing(sqlite3.connect(tmp_path / "a.db")) as database, database:
        database.execute("CREATE TABLE connection (id, extra)")
        database.execute("INSERT INTO connection VALUES (1, ?)", [hidden])
    assert f"{PASSWORD}: folder/file" in found_in(tmp_path)
    assert f"{PASSWORD}: a.db connection.extra" in found_in(tmp_path)
