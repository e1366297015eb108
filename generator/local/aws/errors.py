"""Errors of the emulated AWS: a code and a message, as AWS words them."""

from __future__ import annotations

from typing import Any


class AwsError(Exception):
    """An answer that a client sees as botocore's ClientError with this code and message."""

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


def invalid(message: str) -> AwsError:
    """SageMaker's ValidationException, which also stands for whatever does not exist."""
    return AwsError("ValidationException", message)
