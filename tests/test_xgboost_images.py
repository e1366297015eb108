"""The table of XGBoost images says what the SageMaker SDK says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from examples import VALID

from generator.compiler import lint
from generator.xgboost_images import end_of_support, image_uri, regions, versions

SDK = Path(sys.prefix, "share", "pipelines", "sagemaker-sdk")
ASK_THE_SDK = """
import functools, json
from sagemaker.core import image_uris

# The SDK reads botocore's list of endpoints anew for every answer; once is enough.
image_uris.utils._botocore_resolver = functools.cache(image_uris.utils._botocore_resolver)
known = image_uris.config_for_framework("xgboost")
print(json.dumps([
    [region, version, scope, image_uris.retrieve("xgboost", region, version, image_scope=scope)]
    for scope in ("training", "inference")
    for version, images in known[scope]["versions"].items()
    for region in images["registries"]
]))
"""


@pytest.fixture(scope="module")
def answers() -> list[tuple[str, str, str, str]]:
    """What the SDK answers for every region, version and scope it knows.

    In a process of its own: its releases contradict the other packages of the environment.
    """
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK_THE_SDK],
        env=os.environ | {"PYTHONPATH": str(SDK)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(answer) for answer in json.loads(result.stdout.splitlines()[-1])]


def test_every_image_is_the_one_that_the_sdk_answers(answers):
    expected = {
        (region, version, scope): uri
        for region, version, scope, uri in answers
        if version in versions()
    }
    table = {
        (region, version, scope): image_uri(region, version)
        for scope in ("training", "inference")
        for version in versions()
        for region in regions()
    }
    assert table == expected


def test_the_newest_version_of_the_sdk_is_on_offer(answers):
    assert answers[-1][1] == versions()[-1]


def test_the_versions_on_offer_are_those_of_the_pipeline_schema():
    schemas = Path(__file__).parent.parent / "schemas"
    training = json.loads((schemas / "stages" / "training.schema.json").read_text())
    assert sorted(training["properties"]["version"]["enum"]) == sorted(versions())


@pytest.mark.parametrize(
    ("region", "version"), [("mx-central-1", "3.2-0"), ("eu-west-1", "9.9-9"), ("", "")]
)
def test_an_unknown_region_or_version_has_no_image(region, version):
    assert image_uri(region, version) is None


def test_lint_asks_for_an_image_where_the_region_has_none(project, write):
    file = project.root / "environments" / "local.yaml"
    text = file.read_text()
    assert "region: us-east-1" in text
    file.write_text(text.replace("region: us-east-1", "region: mx-central-1"))
    write("churn", VALID.format(name="churn"))
    said = [problem.sentence for problem in lint(project, "local") if problem.path == "training"]
    assert said == ["AWS has no known XGBoost container in region 'mx-central-1' (give an `image`)"]


def test_the_newest_version_is_maintained_and_an_ended_one_says_since_when():
    assert end_of_support(versions()[-1]) is None
    assert end_of_support("3.0-5") == "2026-11-17"
    assert end_of_support("9.9-9") is None


def test_an_image_of_ones_own_may_run_where_the_built_in_one_cannot(project, write):
    text = VALID.format(name="churn").replace("ml.m5.large", "ml.c7g.large")
    write("churn", text)
    assert {problem.rule for problem in lint(project, "local")} == {"instance-type"}
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"
    write("churn", text.replace("training:\n", f"training:\n  image: {image}\n"))
    assert "instance-type" not in {problem.rule for problem in lint(project, "local")}
