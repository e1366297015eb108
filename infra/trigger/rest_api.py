"""Airflow's REST API through Amazon MWAA's InvokeRestApi; what may pass by itself is repeated."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from trigger_error import TriggerError

# MWAA gives up after ten seconds:
# https://docs.aws.amazon.com/mwaa/latest/userguide/access-mwaa-apache-airflow-rest-api.html
SECONDS_OF_A_CALL = 12.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
"""Seconds before the second try, and at most before any."""

_TRANSIENT = ("RestApiServerException", "ThrottlingException", "TooManyRequestsException")


class Answer(NamedTuple):
    """What Airflow answered: HTTP status and content."""

    status: int
    content: Any

    @property
    def reason(self) -> str:
        """Airflow's own words: a text, or the list of what its validation has found."""
        detail = self.content
        if isinstance(detail, Mapping):
            detail = detail.get("detail", detail)
        return detail if isinstance(detail, str) else json.dumps(detail)


class RestApi:
    """The REST API of one environment; `remaining` tells how many milliseconds there are left."""

    def __init__(self, environment: str, remaining: Callable[[], int]) -> None:
        self.environment = environment
        self._remaining = remaining

    def get(self, path: str, **query: str) -> Answer:
        """Return Airflow's answer, also one that refuses. Raises TriggerError."""
        return self._call({"Method": "GET", "Path": path, "QueryParameters": query})

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Return Airflow's answer, also one that refuses. Raises TriggerError."""
        return self._call({"Method": "POST", "Path": path, "Body": body})

    def _call(self, request: Mapping[str, Any]) -> Answer:
        pause = FIRST_PAUSE
        while True:
            answer = self._ask(request)
            if isinstance(answer, Answer):
                return answer
            # A random half, lest many functions that wait come back at the same time.
            wait = pause * random.uniform(0.5, 1)  # noqa: S311
            if self._remaining() / 1000 < wait + SECONDS_OF_A_CALL:
                raise TriggerError(f"MWAA environment '{self.environment}' fails: {answer}")
            log("trying again", "WARNING", path=request["Path"], reason=answer)
            time.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _ask(self, request: Mapping[str, Any]) -> Answer | str:
        """Return the answer, or the reason for which another try may get one."""
        try:
            found = _client().invoke_rest_api(Name=self.environment, **request)
        except (NoConnectionError, HTTPClientError) as error:
            return str(error)
        except ClientError as error:
            return self._refused(error)
        return Answer(found["RestApiStatusCode"], found.get("RestApiResponse"))

    def _refused(self, error: ClientError) -> Answer | str:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message")
        answer = Answer(
            error.response.get("RestApiStatusCode", 0), error.response.get("RestApiResponse")
        )
        if code == "RestApiClientException" and answer.status != 429:
            return answer
        http = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code in _TRANSIENT or 429 in (answer.status, http) or http >= 500:
            return f"Airflow answered {answer.status}" if answer.status else f"{code}: {message}"
        raise TriggerError(
            f"MWAA environment '{self.environment}' cannot be called: {code}: {message}"
        ) from None


def log(message: str, level: str = "INFO", **fields: Any) -> None:
    """Print one line of JSON. What is in conf stays out of it: it may be anything."""
    print(json.dumps({"level": level, "message": message, **fields}), flush=True)


@cache
def _client() -> Any:
    # Tries are counted here alone, where the time that is left is known.
    settings = Config(
        connect_timeout=5, read_timeout=SECONDS_OF_A_CALL, retries={"total_max_attempts": 1}
    )
    return boto3.client("mwaa", config=settings)
