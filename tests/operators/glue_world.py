"""An emulated AWS whose Glue runs plain Python, and the context of a task that is being tried."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from generator.local.aws import glue_runs
from generator.local.aws.server import EmulatedAws

ROLE = "arn:aws:iam::123456789012:role/glue"
JOB = {
    "script_location": "s3://bucket/script.py",
    "iam_role_arn": ROLE,
    "retry_limit": 0,
    "concurrent_run_limit": 1,
    "create_job_kwargs": {
        "GlueVersion": "5.0",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        "Timeout": 60,
        "DefaultArguments": {"--job-language": "python"},
        "Tags": {"team": "growth"},
    },
}

# Does what the argument --does says: Python text.
_SCRIPT = """
import sys, time
def fail(reason, code=1):
    open("failure.txt", "w").write(reason)
    sys.exit(code)
exec(sys.argv[sys.argv.index("--does") + 1] if "--does" in sys.argv else "")
"""
FOR_EVER = "print('up', flush=True); time.sleep(600)"


class GlueWorld:
    """The emulated AWS, and what a test asks of its Glue."""

    def __init__(self, emulated: EmulatedAws) -> None:
        self.emulated = emulated
        self.glue = make_client(emulated.url, "glue")

    def runs(self, job: str) -> list[dict[str, Any]]:
        """The runs of a job, the latest first."""
        found: list[dict[str, Any]] = self.glue.get_job_runs(JobName=job)["JobRuns"]
        return found

    def states(self, job: str) -> list[str]:
        return [run["JobRunState"] for run in self.runs(job)]

    def wait(self, job: str, *states: str) -> None:
        """Wait until the runs of the job, the latest first, are in these states."""
        wait_for(lambda: self.states(job), lambda seen: seen == list(states))


def make_client(url: str, service: str) -> Any:
    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=url, region_name="us-east-1", **access)


def wait_for(look: Callable[[], Any], done: Callable[[Any], bool], seconds: float = 30.0) -> Any:
    """Return what ``look`` sees as soon as it is ``done``."""
    deadline = time.monotonic() + seconds
    while not done(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
    return seen


class TaskInstance(SimpleNamespace):
    """What an operator reads of its task instance, and what it pushes."""

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def context(operator: Any, try_number: int = 1, max_tries: int | None = None) -> Any:
    """The context of a try; ``max_tries`` grows when somebody clears the task."""
    ti = TaskInstance(
        try_number=try_number,
        max_tries=operator.retries if max_tries is None else max_tries,
        task=operator,
        dag_id="churn",
        task_id=operator.task_id,
        run_id="a run",
        map_index=-1,
        pushed={},
    )
    return {"ti": ti, "task_instance": ti, "task": operator}


@contextmanager
def glue_world(folder: Path) -> Iterator[GlueWorld]:
    script = folder / "script.py"
    script.write_text(_SCRIPT)
    with EmulatedAws() as emulated, pytest.MonkeyPatch.context() as patch:
        patch.setattr(glue_runs, "RUNNER", [sys.executable, str(script)])
        for name, value in emulated.environment.items():
            patch.setenv(name, value)
        world = GlueWorld(emulated)
        yield world
        world.glue.close()
