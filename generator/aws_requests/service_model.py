"""The operations of AWS's services as botocore's models describe them: all, or what we send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from generator.aws_requests import shapes
from generator.aws_requests.shape_schema import json_schema
from generator.aws_requests.shapes import Shape, Violation
from generator.json_schema.acceptance import Accepts, acceptance

EXTRACT = Path(__file__).with_name("service_models.json")
"""What the pipelines send, taken from botocore's models by ``make models``."""


class Model:
    """One service's operations and shapes in the format of botocore's data files.

    A shape that the data lacks is accepted unchecked: the extract leaves out what nobody sends.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.operations: Mapping[str, Any] = data["operations"]
        self.shapes: Mapping[str, Shape] = data["shapes"]
        self._accepts: dict[str, Accepts] = {}

    def violations(self, operation: str, request: Any) -> list[Violation]:
        """Return everything in ``request`` that the model refuses, in the model's order.

        Raises KeyError for an operation that the model does not have.
        """
        sent = self.operations[operation].get("input")
        if not sent or self._accepted(sent["shape"], request):
            return []
        return shapes.violations(self.shapes, sent["shape"], request)

    def _accepted(self, shape: str, request: Any) -> bool:
        if shape not in self._accepts:
            self._accepts[shape] = acceptance(json_schema(self.shapes, shape), "")
        return self._accepts[shape](request)


@cache
def service_model(service: str) -> Model:
    """botocore's whole model of `service` ("sagemaker", "glue"), loaded once."""
    from botocore.loaders import Loader  # here, because lint must start without botocore

    return Model(Loader().load_service_model(service, "service-2"))


@cache
def extract(service: str) -> Model:
    """The part of the model of `service` that pipelines use, read in a millisecond."""
    return Model(_extract()["services"][service])


def extract_version() -> str:
    """The version of botocore that the extract was taken from."""
    return str(_extract()["botocore"])


@cache
def _extract() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(EXTRACT.read_text("utf-8"))
    return data


def find_violations(service: str, operation: str, request: Any) -> list[Violation]:
    """Everything in `request` that the model of `service` refuses, in the model's order.

    `service` is botocore's name ("sagemaker", "glue"), `operation` the API's ("CreateJob").
    Raises KeyError for an operation that the model does not have. botocore's own client checks
    only types, required members and minimums.
    """
    return service_model(service).violations(operation, request)


def summarize(violations: list[Violation]) -> str:
    """The message of AWS's ValidationException for `violations`."""
    noun = "error" if len(violations) == 1 else "errors"
    details = "; ".join(violation.sentence for violation in violations)
    return f"{len(violations)} validation {noun} detected: {details}"
