"""What was created a moment ago, which an eventually consistent AWS may not know yet."""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple

from generator.local.aws.account import ACCOUNT_ID
from generator.local.aws.api_operation import Request
from generator.local.aws.errors import AwsError, invalid

# What describes that which an operation creates, and the parameter that names it there.
_DESCRIBED_BY = {
    "CreateTrainingJob": ("DescribeTrainingJob", "TrainingJobName"),
    "CreateModel": ("DescribeModel", "ModelName"),
    "CreateEndpointConfig": ("DescribeEndpointConfig", "EndpointConfigName"),
    "CreateEndpoint": ("DescribeEndpoint", "EndpointName"),
    "CreateJob": ("GetJob", "JobName"),
    "StartJobRun": ("GetJobRun", "RunId"),
}
_NAMED_BY = dict(_DESCRIBED_BY.values())
_NOUNS = {
    "DescribeModel": ("model", "model"),
    "DescribeEndpointConfig": ("endpoint configuration", "endpoint-config"),
    "DescribeEndpoint": ("endpoint", "endpoint"),
}


class Thing(NamedTuple):
    """Something by its name and by the operation that describes it."""

    operation: str
    name: str
    region: str

    def missing(self) -> AwsError:
        """The error that AWS answers where there is no such thing."""
        if self.operation.startswith("Get"):
            kind = "Job Run" if self.operation == "GetJobRun" else "Job"
            return AwsError("EntityNotFoundException", f"{kind} {self.name} not found.")
        if self.operation == "DescribeTrainingJob":
            return invalid("Requested resource not found.")
        noun, kind = _NOUNS[self.operation]
        arn = f"arn:aws:sagemaker:{self.region}:{ACCOUNT_ID}:{kind}/{self.name.lower()}"
        return invalid(f'Could not find {noun} "{arn}".')


class NewThings:
    """Things that were created and not yet described; safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._things: set[Thing] = set()

    def remember(self, request: Request, answer: dict[str, Any]) -> None:
        """Note what an accepted request has created."""
        operation, parameter = _DESCRIBED_BY.get(request.operation, ("", ""))
        if request.service not in ("sagemaker", "glue") or not operation:
            return
        name = answer.get("JobRunId") or answer.get("Name") or request.parameters.get(parameter)
        with self._lock:
            self._things.add(Thing(operation, str(name), request.region))

    def described(self, request: Request) -> Thing | None:
        """The new thing that is described for the first time; the next time it is not new."""
        name = request.parameters.get(_NAMED_BY.get(request.operation, ""))
        thing = Thing(request.operation, str(name), request.region)
        with self._lock:
            if thing not in self._things:
                return None
            self._things.remove(thing)
            return thing
