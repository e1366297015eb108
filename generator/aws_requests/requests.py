"""The requests to AWS that the tasks of an expanded pipeline will send, each at its longest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from generator.aws_requests.longest_run import LongestRun
from generator.glue_script import RUN_ARGUMENT

Path = tuple[str | int, ...]
Fields = Mapping[str, Any]

NUMBER = "-999"
"""What an operator appends to the name of a job: its number in the run, at its longest."""

CONTENT = "-ffffff"
"""What an operator appends to the name of what never changes: a hash of its content."""


@dataclass(frozen=True)
class Request:
    """One request: who sends it, what is sent, and which field of the task each part is.

    ``places`` maps the beginning of a path in ``values`` to that of the task's own path.
    """

    task: str
    service: str
    operation: str
    values: Mapping[str, Any]
    places: Mapping[Path, Path]

    def place(self, path: Path) -> Path:
        """Return where the task writes what is at ``path`` of the request."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return (*self.places[path[:length]], *path[length:])
        return path


def requests(configuration: Mapping[str, Any]) -> Iterator[Request]:
    """Yield the requests of ``{dag_id: {…, "tasks": {…}}}`` in the order of its tasks.

    An operator that OPERATORS does not know is passed over.
    """
    ((dag_id, dag),) = configuration.items()
    run = LongestRun(dag_id, dag.get("params", {}))
    for name, task in dag["tasks"].items():
        operator = OPERATORS.get(task["operator"].rpartition(".")[2])
        if operator is not None:
            templated = {key: task[key] for key in operator.TEMPLATED if key in task}
            fields = {**task, **run.resolved(templated)}
            yield from operator.requests(name, fields)
            run.returns(name, operator.returned(fields))


class Glue:
    """GlueOperator: creates the job or brings it up to date, then starts a run of it."""

    SERVICE = "glue"
    TEMPLATED = (
        "job_name",
        "script_location",
        "script_args",
        "create_job_kwargs",
        "run_job_kwargs",
        "iam_role_arn",
        "run",
    )
    """The fields in which Airflow resolves run-time templates."""

    @property
    def operations(self) -> tuple[str, ...]:
        return ("CreateJob", "UpdateJob", "StartJobRun")

    _PLACES: Mapping[Path, Path] = {
        (): ("create_job_kwargs",),
        ("Name",): ("job_name",),
        ("Description",): ("job_desc",),
        ("Role",): ("iam_role_arn",),
        ("ExecutionProperty", "MaxConcurrentRuns"): ("concurrent_run_limit",),
        ("Command", "ScriptLocation"): ("script_location",),
        ("MaxRetries",): ("retry_limit",),
    }
    _UPDATE_PLACES: Mapping[Path, Path] = {
        ("JobName",): ("job_name",),
        **{("JobUpdate", *path): place for path, place in _PLACES.items()},
    }
    _RUN_PLACES: Mapping[Path, Path] = {
        (): ("run_job_kwargs",),
        ("JobName",): ("job_name",),
        ("Arguments",): ("script_args",),
    }

    def requests(self, task: str, fields: Fields) -> Iterator[Request]:
        job, name = glue_job(fields), {"JobName": fields["job_name"]}
        yield Request(task, "glue", "CreateJob", job, self._PLACES)
        # Neither can be changed by an update: the tags of a job go in another request.
        update = {key: value for key, value in job.items() if key not in ("Name", "Tags")}
        values = {**name, "JobUpdate": update}
        yield Request(task, "glue", "UpdateJob", values, self._UPDATE_PLACES)
        own = {RUN_ARGUMENT: fields["run"] + NUMBER}
        arguments = {"Arguments": {**(fields.get("script_args") or {}), **own}}
        values = {**name, **arguments, **(fields.get("run_job_kwargs") or {})}
        yield Request(task, "glue", "StartJobRun", values, self._RUN_PLACES)

    def returned(self, _fields: Fields) -> Any:
        """The id of the job's run."""
        return "jr_" + 64 * "f"


def glue_job(fields: Fields) -> dict[str, Any]:
    """Return the job as ``GlueJobHook.create_glue_job_config`` of the provider makes it."""
    more = dict(fields.get("create_job_kwargs") or {})
    command = more.pop("Command", {"Name": "glueetl", "ScriptLocation": fields["script_location"]})
    job = {
        "Name": fields["job_name"],
        "Description": fields.get("job_desc", "AWS Glue Job with Airflow"),
        "Role": fields["iam_role_arn"],
        "ExecutionProperty": {"MaxConcurrentRuns": fields.get("concurrent_run_limit") or 1},
        "Command": command,
        "MaxRetries": fields.get("retry_limit", 0),
        **more,
    }
    if "WorkerType" not in more:
        job["MaxCapacity"] = fields.get("num_of_dpus", 10)
    return job


@dataclass(frozen=True)
class SageMaker:
    """An operator whose ``config`` is the request ``creates``; it returns what it made, described.

    ``described`` is the key of the description. ``named`` is the member to which the operator
    appends ``suffix``. ``updates`` is sent instead where what is to be created exists, without the
    tags.
    """

    SERVICE: ClassVar = "sagemaker"
    TEMPLATED: ClassVar = ("config",)

    creates: str
    described: str
    named: str = ""
    suffix: str = ""
    updates: str = ""

    @property
    def operations(self) -> tuple[str, ...]:
        return (self.creates, self.updates) if self.updates else (self.creates,)

    def requests(self, task: str, fields: Fields) -> Iterator[Request]:
        config = self._sent(fields)
        places: dict[Path, Path] = {(): ("config",)}
        yield Request(task, self.SERVICE, self.creates, config, places)
        if self.updates:
            update = {key: value for key, value in config.items() if key != "Tags"}
            yield Request(task, self.SERVICE, self.updates, update, places)

    def returned(self, fields: Fields) -> Any:
        description = self._sent(fields)
        if "OutputDataConfig" in description:
            folder = description["OutputDataConfig"]["S3OutputPath"].rstrip("/")
            model = f"{folder}/{description[self.named]}/output/model.tar.gz"
            description["ModelArtifacts"] = {"S3ModelArtifacts": model}
        return {self.described: description}

    def _sent(self, fields: Fields) -> dict[str, Any]:
        config = dict(fields["config"])
        return {**config, self.named: config[self.named] + self.suffix} if self.named else config


OPERATORS: Mapping[str, Glue | SageMaker] = {
    "GlueOperator": Glue(),
    "TrainingOperator": SageMaker("CreateTrainingJob", "Training", "TrainingJobName", NUMBER),
    "ModelOperator": SageMaker("CreateModel", "Model", "ModelName", CONTENT),
    "EndpointConfigOperator": SageMaker(
        "CreateEndpointConfig", "EndpointConfig", "EndpointConfigName", CONTENT
    ),
    "EndpointOperator": SageMaker("CreateEndpoint", "Endpoint", updates="UpdateEndpoint"),
}
"""Name of the operator's class -> what it sends. A new line here wants a ``make models``.

Operators that send nothing that a pipeline decides are left out.
"""


def operations() -> dict[str, list[str]]:
    """Return the operations that any of the operators sends, by service."""
    sent: dict[str, list[str]] = {}
    for operator in OPERATORS.values():
        sent.setdefault(operator.SERVICE, []).extend(operator.operations)
    return sent
