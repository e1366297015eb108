"""The Glue stage: Spark jobs that prepare data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from generator.duration import seconds

DEFAULT_NAME = "prepare"
"""The name of a job that stands alone and has none."""


@dataclass(frozen=True)
class GlueJob:
    """One AWS Glue job of a pipeline; ``timeout`` is in seconds."""

    SECTION: ClassVar[str] = "glue"
    IN_TEMPLATES: ClassVar[str] = "job"
    ORIGINS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "arguments": ("job.arguments",),
        "job.timeout_minutes": ("job.timeout",),
        "job_name": ("job.name", "pipeline.name"),
        "tags": ("job.tags", "env.tags"),
    }

    name: str
    script: str
    needs: tuple[str, ...] = ()
    glue_version: str = "5.0"
    worker_type: str = "G.1X"
    workers: int = 2
    timeout: int = 3_600
    execution_class: str = "STANDARD"
    arguments: Mapping[str, str] = field(default_factory=dict)
    extra_python_modules: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def timeout_minutes(self) -> int:
        """Timeout as Glue's API wants it: whole minutes, rounded up."""
        return -(-self.timeout // 60)

    @property
    def depends_on(self) -> list[str]:
        """Task ids of the jobs that must have finished first."""
        return [task_id(name) for name in self.needs]


def task_id(name: str) -> str:
    """Return the Airflow task of the Glue job ``name``."""
    return f"glue_{name}"


def job_name(pipeline: str, job: str) -> str:
    """Return the job's name in AWS; names have no underscore, so no two pairs can meet."""
    return f"{pipeline}_{job}"


def input_argument(job: str) -> str:
    """Return the argument by which a job hears where the job ``job`` that it needs has written."""
    return f"input_{job.replace('-', '_')}"


def jobs(section: Any) -> list[dict[str, Any]]:
    """Return the jobs of a ``glue`` section: a single mapping is a list of one."""
    return section if isinstance(section, list) else [section]


def read(section: Any) -> list[GlueJob]:
    """Turn the checked section into jobs in the order in which they were written."""
    return [_job(job) for job in jobs(section)]


def _job(job: Mapping[str, Any]) -> GlueJob:
    values: dict[str, Any] = {"name": DEFAULT_NAME, **job}
    values["arguments"] = {
        name: _argument(value) for name, value in job.get("arguments", {}).items()
    }
    values["needs"] = tuple(job.get("needs", ()))
    values["extra_python_modules"] = tuple(job.get("extra_python_modules", ()))
    values["timeout"] = seconds(job.get("timeout", "1h"))
    return GlueJob(**values)


def _argument(value: Any) -> str:
    """Glue's arguments are text: true -> "true", 0.7 -> "0.7"."""
    return str(value).lower() if isinstance(value, bool) else str(value)
