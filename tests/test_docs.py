"""What the pages of docs/ tell people to do exists: commands, options, parameters, files."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import aws_command_line
import boto3
import pytest
import yaml
from documents import DOCUMENTS, NAMES, anchors, blocks, code_spans, commands, template, text
from examples import ROOT, empty_project
from terminals import EmulatedAwsProcess

from generator import cli
from generator.compiler import compile_pipeline, lint
from generator.environment import load_environment
from generator.project import Project

every_page = pytest.mark.parametrize("name", NAMES)

STACKS = ("network", "base", "mwaa", "trigger")
"""The templates of infra/; a stack's name holds that of its template."""

GONE = {"core.enable_xcom_pickling"}
"""Options of Airflow that a page names because they are gone."""


@every_page
def test_every_command_of_ours_is_one_that_our_parser_takes(name: str) -> None:
    ours = [command for command in commands(name) if command.words[0] == "pipelines"]
    assert ours
    for command in ours:
        cli._parser().parse_args(command.words[1:])


@every_page
def test_every_command_of_aws_has_that_operation_and_these_options(name: str) -> None:
    theirs = [command for command in commands(name) if command.words[0] == "aws"]
    assert theirs
    wrong = {str(each): aws_command_line.complaint(each.words[1:]) for each in theirs}
    assert {command: reason for command, reason in wrong.items() if reason} == {}


@every_page
def test_stacks_are_given_parameters_that_their_template_has(name: str) -> None:
    deployed = {}
    for command in commands(name):
        if "--parameter-overrides" not in command.words:
            continue
        file = Path(command.words[command.words.index("--template-file") + 1])
        parameters = template(file.stem)["Parameters"]
        given = command.words[command.words.index("--parameter-overrides") + 1 :]
        values = dict(each.split("=", 1) for each in given)
        assert set(values) <= set(parameters), str(command)
        for key, value in values.items():
            if "$" not in value:
                assert _is_allowed(value, parameters[key]), f"{key}={value}"
        deployed.setdefault(file.stem, (set(values), parameters))
    if name in ("mwaa", "infra"):
        for stack, (first, parameters) in deployed.items():
            required = {key for key, each in parameters.items() if "Default" not in each}
            assert required <= first, stack


def _is_allowed(value: str, parameter: dict[str, Any]) -> bool:
    allowed = [str(each) for each in parameter.get("AllowedValues", [value])]
    pattern = parameter.get("AllowedPattern", ".*")
    return value in allowed and (value.isupper() or re.fullmatch(pattern, value) is not None)


@every_page
def test_what_is_asked_of_a_stack_is_an_output_of_its_template(name: str) -> None:
    """By its key in a query, or with the function `output` that a page defines."""
    asked = re.findall(r"\boutput ([a-z]+) ([A-Z]\w+)", text(name))
    for command in commands(name):
        words = " ".join(command.words)
        for output in re.findall(r"OutputKey=='(\w+)'", words):
            asked += [(stack, output) for stack in STACKS if f"-{stack}" in words]
    assert asked or name == "migrating"
    for stack, output in asked:
        assert output in template(stack)["Outputs"]


@every_page
def test_parameters_and_options_in_the_text_exist(name: str) -> None:
    parameters = {
        key
        for stack in STACKS
        for section in ("Parameters", "Outputs")
        for key in template(stack)[section]
    }
    errors = {"AccessDenied", "ResourceLimitExceeded", "CapacityError", "ConcurrentRunsExceeded"}
    others = {"GlueJobOperator", "PythonOperator", "Estimator", "Invocations"}
    spans = [span.partition("=")[0] for span in code_spans(name)]
    named = {span for span in spans if re.fullmatch(r"[A-Z][a-z]+[A-Z]\w*|Internet", span)}
    assert named <= parameters | errors | others


@every_page
def test_options_of_airflow_in_the_text_exist(name: str) -> None:
    sections = "core|scheduler|dag_processor|secrets|workers|logging|triggerer|mwaa"
    spans = code_spans(name)
    named = {span for span in spans if re.fullmatch(rf"({sections})\.[a-z_]+", span)}
    known = _options_of_airflow() | set(_options_of_mwaa()) | GONE
    in_environments = {"mwaa.environment", "mwaa.bucket", "mwaa.airflow_version"}
    assert named <= known | in_environments | {f"{stack}.yaml" for stack in STACKS}


@cache
def _options_of_airflow() -> set[str]:
    config = files("airflow.config_templates").joinpath("config.yml").read_text("utf-8")
    sections = yaml.safe_load(config).items()
    return {f"{section}.{option}" for section, each in sections for option in each["options"]}


def _options_of_mwaa() -> dict[str, Any]:
    resources = template("mwaa")["Resources"]
    options: dict[str, Any] = resources["Environment"]["Properties"]["AirflowConfigurationOptions"]
    return options


@every_page
def test_links_lead_somewhere(name: str) -> None:
    document = DOCUMENTS[name]
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text("utf-8"))
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@every_page
def test_files_in_the_text_are_there(name: str) -> None:
    folders = "docs|environments|generator|glue_scripts|infra|notebooks|pipelines|data|dags"
    for span in code_spans(name):
        if re.fullmatch(rf"({folders})/[\w./-]+", span) and not span.startswith("pipelines/w"):
            assert (ROOT / span).exists(), span


@every_page
def test_blocks_are_what_they_say(name: str) -> None:
    for content in blocks(name, "yaml"):
        yaml.safe_load(content)
    for content in blocks(name, "json"):
        json.loads(content)
    for content in blocks(name, "python"):
        ast.parse(content)
    for content in blocks(name, "sh"):
        checked = subprocess.run(["bash", "-n"], input=content, capture_output=True, text=True)
        assert checked.stderr == "", content


@pytest.fixture
def like_ours(tmp_path: Path) -> Project:
    """A project with the environments and the Glue scripts of this one, and no pipeline."""
    made = empty_project(tmp_path / "a project")
    script = ROOT / "glue_scripts" / "customer_churn.py"
    (made.glue_scripts / script.name).write_text(script.read_text("utf-8"), "utf-8")
    return made


def test_the_migrated_pipeline_is_sound_and_has_the_sample_s_values(like_ours: Project) -> None:
    (written,) = blocks("migrating", "yaml")
    file = like_ours.pipelines / "customer-churn.yaml"
    file.write_text(written, "utf-8")
    assert lint(like_ours, "all") == []
    environment, _ = load_environment(like_ours, "prod")
    assert environment is not None
    configuration, _ = compile_pipeline(like_ours, environment, file)
    assert configuration is not None
    dag = configuration["customer-churn"]
    glue = dag["tasks"]["glue_prepare"]["create_job_kwargs"]
    train = dag["tasks"]["train"]["config"]
    variant = dag["tasks"]["create_endpoint_config"]["config"]["ProductionVariants"][0]
    assert (dag["schedule"], dag["max_active_runs"]) == (None, 1)
    assert (glue["NumberOfWorkers"], glue["Timeout"]) == (2, 60)
    assert train["ResourceConfig"]["InstanceType"] == "ml.m5.4xlarge"
    assert train["ResourceConfig"]["VolumeSizeInGB"] == 5
    assert [each["ContentType"] for each in train["InputDataConfig"]] == ["text/csv", "text/csv"]
    assert variant["InstanceType"] == "ml.m5.xlarge"
    sample = {
        "max_depth": "5",
        "eta": "0.2",
        "gamma": "4",
        "min_child_weight": "6",
        "subsample": "0.8",
        "objective": "binary:logistic",
        "num_round": "100",
    }
    assert sample.items() <= train["HyperParameters"].items()


def test_the_pipeline_that_reads_a_secret_is_sound_with_its_script(like_ours: Project) -> None:
    (script,) = blocks("secrets", "python")
    (like_ours.glue_scripts / "warehouse.py").write_text(script, "utf-8")
    (pipeline,) = blocks("secrets", "yaml")
    (like_ours.pipelines / "warehouse.yaml").write_text(pipeline, "utf-8")
    assert lint(like_ours, "all") == []


def test_the_environment_of_the_guide_is_sound_and_what_the_stack_prints(
    like_ours: Project,
) -> None:
    (written, *_) = blocks("mwaa", "yaml")
    like_ours.environment_file("prod").write_text(written, "utf-8")
    environment, problems = load_environment(like_ours, "prod")
    assert problems == []
    assert environment is not None
    substituted, _ = template("base")["Outputs"]["Environment"]["Value"]
    keys = re.findall(r"^(\w+):", substituted, re.MULTILINE)
    assert set(keys) <= set(environment.values)


def test_the_first_deploy_prints_what_the_guide_shows(
    like_ours: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account = "123456789012"
    written = blocks("mwaa", "yaml")[0].replace("222222222222", account)
    like_ours.environment_file("prod").write_text(written, "utf-8")
    ours = ROOT / "pipelines" / "customer-churn.yaml"
    (like_ours.pipelines / ours.name).write_text(ours.read_text("utf-8"), "utf-8")
    for script in set(like_ours.glue_scripts.iterdir()):
        if script.name != "customer_churn.py":
            script.unlink()
    monkeypatch.setenv("PIPELINES_ROOT", str(like_ours.root))
    aws = EmulatedAwsProcess()
    try:
        for name, value in aws.variables.items():
            monkeypatch.setenv(name, value)
        for bucket in ("mwaa", "artifacts", "data"):
            _make_bucket(f"acme-ml-prod-{bucket}-{account}")
        assert cli.main(["deploy", "--env", "prod", "--dry-run"]) == 0
    finally:
        aws.stop()
    (shown,) = [each for each in blocks("mwaa", "") if "upload" in each]
    assert _steady(shown) == _steady(capsys.readouterr().out)


def _make_bucket(name: str) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(
        Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(closed, True)
    )


def _steady(printed: str) -> list[str]:
    """Return the lines without account, digest and sizes, which differ."""
    steady = re.sub(r"\b\d{12}\b|\b[0-9a-f]{12}\b|\d[\d.,]*(?= (?:bytes|kB|files))", "…", printed)
    return re.sub(r"\b\d+ uploads", "… uploads", steady).splitlines()


def test_the_workflow_calls_commands_that_are_there_as_a_role_that_is_made() -> None:
    _, written = blocks("mwaa", "yaml")
    steps = yaml.safe_load(written)["jobs"]["deploy"]["steps"]
    runs = [step["run"].split() for step in steps if "run" in step]
    assert runs[0] == ["pip", "install", "'.[deploy]'"]
    cli._parser().parse_args(runs[1][1:])
    roles = [step["with"]["role-to-assume"] for step in steps if "role-to-assume" in str(step)]
    assert roles == ["arn:aws:iam::222222222222:role/acme-ml-prod-deploy"]
    assert '--role-name "$NAME-deploy"' in text("mwaa")


def test_options_for_secrets_manager_are_those_of_the_template() -> None:
    (name,) = re.findall(r"^airflow\.[\w.]+SecretsManagerBackend$", text("secrets"), re.MULTILINE)
    arguments = next(each for each in blocks("secrets", "json") if "connections_prefix" in each)
    options = _options_of_mwaa()
    for section, prefix in (("secrets", ""), ("workers", "secrets_")):
        _condition, backend, _ = options[f"{section}.{prefix}backend"]
        _condition, given, _ = options[f"{section}.{prefix}backend_kwargs"]
        assert backend == name
        assert json.loads(given) == json.loads(arguments)


def test_the_role_of_airflow_may_read_the_secrets_that_the_options_name() -> None:
    arguments = next(each for each in blocks("secrets", "json") if "connections_prefix" in each)
    (statement,) = template("base")["Resources"]["MwaaRoleSecrets"]["Properties"]["PolicyDocument"][
        "Statement"
    ]
    prefixes = [value for key, value in json.loads(arguments).items() if key.endswith("_prefix")]
    assert [each.partition(":secret:")[2] for each in statement["Resource"]] == [
        f"{prefix}/*" for prefix in prefixes
    ]
