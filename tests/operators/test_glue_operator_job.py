"""The definition of a Glue job is applied where it differs, and only there."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from glue_world import ROLE, GlueWorld, glue_world

from generator.operators.glue_job import apply, changes

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GlueWorld]:
    with glue_world(tmp_path_factory.mktemp("glue")) as made:
        yield made


def definition(**changed: Any) -> dict[str, Any]:
    return {
        "Name": f"prepare-{next(_numbers)}",
        "Description": "A job",
        "Role": ROLE,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://bucket/script.py"},
        "MaxRetries": 0,
        "GlueVersion": "5.0",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        "DefaultArguments": {"--job-language": "python", "--extra": "1"},
        "Tags": {"team": "growth", "old": "1"},
        **changed,
    }


def arn(job: dict[str, Any]) -> str:
    return f"arn:aws:glue:us-east-1:123456789012:job/{job['Name']}"


class Glue:
    """A client that notes what it is asked for, and can have something happen before."""

    def __init__(self, client: Any, first: dict[str, Any] | None = None) -> None:
        self._client = client
        self._first = first or {}
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)
        if name == "exceptions":
            return real

        def call(**request: Any) -> Any:
            self.asked.append(name)
            if name in self._first:
                self._first.pop(name)()
            return real(**request)

        return call


def applied(world: GlueWorld, job: dict[str, Any], **first: Any) -> tuple[bool, list[str]]:
    """Apply a definition; whether it was new, and what was asked of Glue."""
    glue = Glue(world.glue, first)
    return apply(glue, copy.deepcopy(job), lambda: arn(job)), glue.asked


def test_a_missing_job_is_created_with_its_tags(world: GlueWorld) -> None:
    job = definition()
    assert applied(world, job) == (True, ["get_job", "create_job"])
    assert world.glue.get_tags(ResourceArn=arn(job))["Tags"] == job["Tags"]


def test_what_is_there_already_is_left_alone(world: GlueWorld) -> None:
    job = definition()
    applied(world, job)
    before = world.glue.get_job(JobName=job["Name"])["Job"]
    assert applied(world, job) == (False, ["get_job", "get_tags"])
    assert world.glue.get_job(JobName=job["Name"])["Job"] == before


@pytest.mark.parametrize(
    "changed",
    [
        {"GlueVersion": "4.0"},
        {"NumberOfWorkers": 3},
        {"DefaultArguments": {"--job-language": "python"}},
        {"Command": {"Name": "glueetl", "ScriptLocation": "s3://bucket/other.py"}},
        {"ExecutionProperty": {"MaxConcurrentRuns": 5}},
        {"Connections": {"Connections": ["warehouse"]}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_change_is_applied_once_and_can_be_taken_back(
    world: GlueWorld, changed: dict[str, Any]
) -> None:
    job = definition()
    applied(world, job)
    for wanted in ({**job, **changed}, job):
        assert applied(world, wanted)[1] == ["get_job", "update_job", "get_tags"]
        assert changes(wanted, world.glue.get_job(JobName=job["Name"])["Job"]) == {}
        assert applied(world, wanted)[1] == ["get_job", "get_tags"]


def test_tags_are_added_changed_and_removed_but_not_those_of_aws(world: GlueWorld) -> None:
    job = definition()
    applied(world, job)
    world.glue.tag_resource(ResourceArn=arn(job), TagsToAdd={"aws:stack": "x", "stray": "y"})
    wanted = {**job, "Tags": {"team": "risk", "new": "1"}}
    assert applied(world, wanted)[1] == ["get_job", "get_tags", "tag_resource", "untag_resource"]
    tags = world.glue.get_tags(ResourceArn=arn(job))["Tags"]
    assert tags == {"team": "risk", "new": "1", "aws:stack": "x"}


def test_without_tags_nobody_asks_for_the_account(world: GlueWorld) -> None:
    job = definition()
    applied(world, job)
    del job["Tags"]

    def fail() -> str:
        raise AssertionError("asked")

    assert not apply(world.glue, job, fail)


def test_somebody_else_creates_the_job_at_the_same_moment(world: GlueWorld) -> None:
    for other in ({}, {"NumberOfWorkers": 9}):
        job = definition()
        theirs = {**job, **other}
        new, asked = applied(
            world, job, create_job=lambda made=theirs: world.glue.create_job(**made)
        )
        assert not new
        assert asked[:3] == ["get_job", "create_job", "get_job"]
        assert world.glue.get_job(JobName=job["Name"])["Job"]["NumberOfWorkers"] == 2


def test_two_updates_at_the_same_moment_are_told_apart(world: GlueWorld) -> None:
    job = definition()
    applied(world, job)

    def collide() -> None:
        said = {"Error": {"Code": "ConcurrentModificationException", "Message": "twice"}}
        raise world.glue.exceptions.ConcurrentModificationException(said, "UpdateJob")

    _, asked = applied(world, {**job, "NumberOfWorkers": 4}, update_job=collide)
    assert asked == ["get_job", "update_job", "get_job", "update_job", "get_tags"]
    assert world.glue.get_job(JobName=job["Name"])["Job"]["NumberOfWorkers"] == 4


def test_a_role_that_may_not_tag_costs_no_run(
    world: GlueWorld, caplog: pytest.LogCaptureFixture
) -> None:
    job = definition()
    applied(world, job)

    def refuse() -> None:
        said = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
        raise world.glue.exceptions.ClientError(said, "TagResource")

    applied(world, {**job, "Tags": {"team": "risk"}}, tag_resource=refuse)
    assert "stay as they are" in caplog.text


def test_a_definition_that_glue_refuses_is_said(world: GlueWorld) -> None:
    with pytest.raises(world.glue.exceptions.InvalidInputException):
        applied(world, definition(MaxCapacity=2.0))


def test_what_glue_adds_by_itself_is_no_difference() -> None:
    job = definition()
    described = {
        **job,
        "Command": {**job["Command"], "PythonVersion": "3"},
        "Timeout": 480,
        "MaxCapacity": 2.0,
        "AllocatedCapacity": 2,
        "JobMode": "SCRIPT",
        "ExecutionClass": "STANDARD",
        "Connections": {},
        "LogUri": "",
    }
    assert changes(job, described) == {}
    assert changes({**job, "Connections": {}}, {**described, "Connections": None}) == {}
