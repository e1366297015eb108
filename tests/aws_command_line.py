"""What the AWS command line takes, by botocore's models: services, operations and options."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import jmespath
from botocore import xform_name
from botocore.session import Session

ALWAYS = {"--query", "--output", "--region", "--profile", "--no-cli-pager"}
# https://docs.aws.amazon.com/cli/latest/reference/: these have no operation of their own.
OWN = {
    "cloudformation deploy": {
        *("--stack-name", "--template-file", "--capabilities", "--parameter-overrides"),
        *("--s3-bucket", "--tags", "--no-execute-changeset"),
    },
    "cloudformation package": {
        *("--template-file", "--s3-bucket", "--s3-prefix", "--output-template-file"),
    },
    "s3 cp": {"--recursive"},
    "logs tail": {"--since", "--follow"},
}


def complaint(words: Sequence[str]) -> str | None:
    """Return what is wrong with the words behind `aws`, None if nothing is."""
    if "--query" in words:
        jmespath.compile(words[words.index("--query") + 1])
    command = " ".join(words[:2])
    if command in OWN:
        return _unknown_options(words[2:], OWN[command])
    model = _model(words[0])
    if model is None:
        return f"no service {words[0]}"
    if words[1] == "wait":
        return _complaint_about_wait(words)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if words[1] not in operations:
        return f"no operation {words[1]}"
    shape = model.operation_model(operations[words[1]]).input_shape
    required = {f"--{xform_name(each, '-')}" for each in shape.required_members}
    if missing := required - set(words):
        return f"needs {missing}"
    return _unknown_options(words[2:], {f"--{xform_name(each, '-')}" for each in shape.members})


def _complaint_about_wait(words: Sequence[str]) -> str | None:
    waiters = Session().get_waiter_model(words[0]).waiter_names
    known = {xform_name(name, "-") for name in waiters}
    return None if words[2] in known else f"no waiter {words[2]}"


def _unknown_options(words: Sequence[str], known: set[str]) -> str | None:
    given = {word for word in words if word.startswith("--")}
    return f"no option {given - known - ALWAYS}" if given - known - ALWAYS else None


@cache
def _model(service: str) -> Any:
    session = Session()
    known = session.get_available_services()
    return session.get_service_model(service) if service in known else None
