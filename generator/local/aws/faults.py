"""The closed catalogue of faults that the emulated AWS can be told to have.

What each looks like to a client is AWS's own: the codes of throttling and of server errors are in
https://docs.aws.amazon.com/sagemaker/latest/APIReference/CommonErrors.html (S3:
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html), failure reasons are quoted
where they are raised. A fault has a bounded life, so that a patient client succeeds: it strikes the
first few calls of each operation, never by chance.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from fnmatch import fnmatchcase

from generator.problem import did_you_mean

_CREATES_A_JOB = ("sagemaker.CreateTrainingJob", "glue.StartJobRun")
_CHANGES = tuple(
    f"*.{verb}*"
    for verb in (
        *("Create", "Start", "Update", "Put", "Register", "Deregister"),
        *("Delete", "Stop", "BatchStop", "Add", "Tag", "Untag", "Publish"),
    )
)
POLLED = ("sagemaker.DescribeTrainingJob", "glue.GetJobRun")
"""What a client that waits for a job asks again and again."""


class UnknownFaultError(ValueError):
    """There is no such fault, or it cannot happen there; the text lists what there is."""


@dataclass(frozen=True)
class Fault:
    """One way in which AWS fails.

    `operations` are patterns of "service.Operation" that it fits. It strikes the first `times`
    calls of each (of those in POLLED the first `times_polled`); None is always.
    """

    name: str
    help: str
    operations: tuple[str, ...]
    times: int | None = 1
    times_polled: int | None = None

    def fits(self, operation: str) -> bool:
        """Whether it can happen to "service.Operation"."""
        return any(fnmatchcase(operation, pattern) for pattern in self.operations)

    def bound(self, operation: str) -> int | None:
        """How often it strikes an operation."""
        return self.times_polled if self.times_polled and operation in POLLED else self.times


CATALOGUE = (
    Fault(
        "throttling",
        # botocore's 5 attempts survive 3 refusals, and give up after 5 of 6:
        # https://docs.aws.amazon.com/boto3/latest/guide/retries.html
        "the first 3 calls of each operation are refused, of DescribeTrainingJob and GetJobRun the "
        "first 6: more than botocore tries again by itself",
        ("*.*",),
        times=3,
        times_polled=6,
    ),
    Fault(
        "server-error",
        "the first 3 calls of each operation are answered with status 500, 503 and 500",
        ("*.*",),
        times=3,
    ),
    Fault(
        "slow-answers",
        "the first 2 calls of each operation are answered after 3 seconds",
        ("*.*",),
        times=2,
    ),
    Fault(
        "connection-drops",
        "the first call of each operation is lost before AWS has done anything, the answer of the "
        "second after it has",
        ("*.*",),
        times=2,
    ),
    Fault(
        "duplicate-delivery",
        "the first request of each operation that changes something is carried out twice, and the "
        "second answer is the one that arrives",
        _CHANGES,
    ),
    Fault(
        "not-found-once",
        "the first description of each thing that was just created answers that there is no such "
        "thing",
        (
            *("sagemaker.DescribeTrainingJob", "sagemaker.DescribeModel"),
            *("sagemaker.DescribeEndpoint", "sagemaker.DescribeEndpointConfig"),
            *("glue.GetJob", "glue.GetJobRun"),
        ),
    ),
    Fault(
        "resource-limit",
        "the first request for a training job, an endpoint and an update exceeds a service quota",
        ("sagemaker.CreateTrainingJob", "sagemaker.CreateEndpoint", "sagemaker.UpdateEndpoint"),
    ),
    Fault(
        "capacity",
        "AWS has no instances for the first training job and the first endpoint or update",
        ("sagemaker.CreateTrainingJob", "sagemaker.CreateEndpoint", "sagemaker.UpdateEndpoint"),
    ),
    Fault("job-fails", "the first training job and the first Glue run fail", _CREATES_A_JOB),
    Fault(
        "job-stops",
        "somebody stops the first training job and the first Glue run",
        _CREATES_A_JOB,
    ),
    Fault(
        "job-never-ends",
        "the first training job and the first Glue run go on until they are stopped",
        _CREATES_A_JOB,
    ),
    Fault(
        "spot-interruption",
        "the first training job on spot instances is interrupted once and goes on from its "
        "checkpoint",
        ("sagemaker.CreateTrainingJob",),
    ),
    Fault(
        "endpoint-rolls-back",
        "the first update of an endpoint rolls back to the old configuration; the first creation "
        "fails",
        ("sagemaker.CreateEndpoint", "sagemaker.UpdateEndpoint"),
    ),
    Fault(
        "endpoint-rollback-fails",
        "the first update of an endpoint fails, and so does its rollback",
        ("sagemaker.UpdateEndpoint",),
    ),
    Fault(
        "object-missing",
        "the first S3 object of each kind (data, script, model) that each caller reads is not "
        "there",
        ("s3.GetObject", "s3.HeadObject"),
    ),
    Fault(
        "object-truncated",
        "of the first S3 object of each kind (data, script, model) that each caller reads only the "
        "first half is there",
        ("s3.GetObject",),
    ),
    Fault(
        "log-group-missing",
        "CloudWatch Logs knows no log group of any job",
        ("logs.DescribeLogStreams", "logs.GetLogEvents", "logs.FilterLogEvents"),
        times=None,
    ),
)
_BY_NAME = {fault.name: fault for fault in CATALOGUE}
ON_OBJECTS = ("object-missing", "object-truncated")
"""Faults that are narrowed by a part of an object's key instead of an operation."""


@dataclass(frozen=True)
class Injection:
    """A fault as it was asked for: where, if not everywhere, and how often, if not as usual."""

    fault: Fault
    where: str = ""
    times: int | None = None

    def covers(self, operation: str, key: str = "") -> bool:
        """Whether it is meant to strike "service.Operation" (on the S3 object `key`)."""
        if self.where and self.fault.name in ON_OBJECTS:
            return self.where in key and self.fault.fits(operation)
        return self.fault.fits(operation) and fnmatchcase(operation, self.where or "*")

    def bound(self, operation: str) -> int | None:
        """How often it strikes an operation; None is always."""
        return self.times or self.fault.bound(operation)


def parse(text: str) -> Injection:
    """Read `FAULT[:WHERE][=TIMES]`, as in `throttling:sagemaker.DescribeTrainingJob=6`.

    WHERE is a "service.Operation", in which `*` stands for anything, or for the faults of S3
    objects a part of the key. Raises UnknownFaultError.
    """
    rest, _, times = text.partition("=")
    name, _, where = rest.partition(":")
    fault = _BY_NAME.get(name)
    if fault is None:
        hint = f" ({meant})" if (meant := did_you_mean(name, _BY_NAME)) else ""
        raise UnknownFaultError(
            f"there is no fault '{name}'{hint}; there are {', '.join(_BY_NAME)}"
        )
    if times and not (times.isascii() and times.isdecimal() and int(times)):
        raise UnknownFaultError(f"{text}: '{times}' is not a number of times")
    _refuse_misfit(fault, where)
    return Injection(fault, where, int(times) if times else None)


def _refuse_misfit(fault: Fault, where: str) -> None:
    """Refuse a place that the fault cannot strike, where that can be told."""
    if not where or fault.name in ON_OBJECTS or "*" in where:
        return
    if "." not in where:
        raise UnknownFaultError(f"{fault.name}:{where}: a place is SERVICE.OPERATION")
    if not fault.fits(where):
        fitting = ", ".join(fault.operations)
        raise UnknownFaultError(f"{fault.name} cannot happen to {where}, only to {fitting}")


def listing(width: int = 100) -> str:
    """The catalogue as a name and what it does, in lines of at most ``width``."""
    names = max(map(len, _BY_NAME)) + 2
    return "\n".join(
        textwrap.fill(f"{fault.name:<{names}}{fault.help}", width, subsequent_indent=" " * names)
        for fault in CATALOGUE
    )
