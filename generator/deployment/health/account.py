"""The AWS account that is looked at: questions that change nothing, each asked once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from generator.deployment.aws_client import config

_DENIED = (
    *("AccessDenied", "AccessDeniedException", "AccessDeniedFault", "UnauthorizedOperation"),
    *("AuthorizationError", "NotAuthorized", "403", "Forbidden"),
)
_TRIES = 2
_PATIENT = {"service-quotas": 6}
"""Tries of what AWS throttles soonest: SageMaker's quotas come in some thirty pages."""

_PREFIXES = {"mwaa": "airflow", "service-quotas": "servicequotas"}
_ACTIONS = {
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
}
"""IAM's actions that are not called like the operation:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"""


class DeniedError(Exception):
    """AWS does not let us look; ``action`` is the IAM action that is missing."""

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action


class ForeignAnswerError(Exception):
    """Something answers, but in no words of AWS: a proxy, or another program at the address."""

    def __str__(self) -> str:
        return "what answers is not AWS"


class Account:
    """The account that the credentials at hand belong to, in one region.

    Answers are kept: several checks ask the same, from several threads.
    """

    def __init__(self, region: str) -> None:
        self.region = region
        self._lock = Lock()
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._answers: dict[str, Future[Any]] = {}

    def ask(self, service: str, operation: str, **parameters: Any) -> Any:
        """Return AWS's answer to an operation, named as boto3 names it ("get_role").

        Raises DeniedError, botocore's ClientError, its BotoCoreError if there is no answer, and
        ForeignAnswerError.
        """
        return self._once(service, operation, parameters, self._call)

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        """Return all items that an operation gives page by page below ``key``; raises as ask()."""

        def collect(service: str, operation: str, parameters: dict[str, Any]) -> list[Any]:
            try:
                pages = self.client(service).get_paginator(operation).paginate(**parameters)
                return [item for page in pages for item in page.get(key, ())]
            except ClientError as error:
                raise self.refused(service, error) from None
            except ResponseParserError:
                raise ForeignAnswerError from None

        found: list[Any] = self._once(service, operation, parameters, collect)
        return found

    def refused(self, service: str, error: ClientError) -> Exception:
        """Return what a client raised, as a DeniedError if a permission is what is missing."""
        answer = error.response.get("Error", {})
        if "Code" not in answer:
            return ForeignAnswerError()
        if answer["Code"] not in _DENIED:
            return error
        name = f"{_PREFIXES.get(service, service)}:{error.operation_name}"
        # AWS mostly says itself which action it is.
        said = re.search(r"perform:? ([a-z0-9-]+:\w+)", answer.get("Message", ""))
        return DeniedError(_ACTIONS.get(name, said[1] if said else name))

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def _call(self, service: str, operation: str, parameters: dict[str, Any]) -> Any:
        try:
            return getattr(self.client(service), operation)(**parameters)
        except ClientError as error:
            raise self.refused(service, error) from None
        except ResponseParserError:
            raise ForeignAnswerError from None

    def _once(
        self,
        service: str,
        operation: str,
        parameters: dict[str, Any],
        ask: Callable[[str, str, dict[str, Any]], Any],
    ) -> Any:
        key = f"{service} {operation} {json.dumps(parameters, sort_keys=True)}"
        with self._lock:
            first = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if first:
            try:
                answer.set_result(ask(service, operation, parameters))
            except BaseException as error:  # whoever waits for the same answer gets it, too
                answer.set_exception(error)
        return answer.result()

    def client(self, service: str) -> Any:
        """Return boto3's client of a service, the same one each time."""
        with self._lock:  # sessions are not for several threads, clients are
            if service not in self._clients:
                self._session = self._session or boto3.Session(region_name=self.region)
                settings = config(_PATIENT.get(service, _TRIES))
                self._clients[service] = self._session.client(service, config=settings)
            return self._clients[service]
