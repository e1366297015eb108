"""The first questions to a model that has just been deployed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from botocore.exceptions import BotoCoreError, ClientError

from generator.operators.predictions import ACCEPT, Belief, flaws, read_predictions
from generator.operators.sample_rows import NoRowsError, sample_rows

try:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import (  # type: ignore[attr-defined, no-redef]
        AirflowException,
        AirflowFailException,
    )

PAUSES = (2.0, 5.0, 10.0, 20.0)
"""Seconds to wait after an answer that may be better the next time."""

SHOWN = 20
"""How many predictions are logged and kept; there can be thousands."""

_PASSING = (
    "ThrottlingException",
    "ServiceUnavailable",
    "InternalFailure",
    "ModelNotReadyException",
)


class SmokeTestOperator(AwsBaseOperator[SageMakerHook]):
    """Ask an endpoint what it thinks of a few rows, and believe it only if that makes sense.

    The provider's SageMakerEndpointOperator is content with an endpoint that is InService; no
    operator of it calls one.

    The rows are ``samples``, or the first ``rows`` below the S3 prefix ``data``, without their
    first column where ``label_first``. There must be ``outputs_per_row`` finite numbers for each
    row, none less than ``minimum`` or more than ``maximum``.

    XCom: ``{"rows", "predictions"}``, of these at most SHOWN.
    """

    aws_hook_class = SageMakerHook
    template_fields: Sequence[str] = aws_template_fields("endpoint_name", "data")

    def __init__(
        self,
        *,
        endpoint_name: str,
        content_type: str = "text/csv",
        data: str | None = None,
        label_first: bool = True,
        rows: int = 10,
        samples: Sequence[str] | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        outputs_per_row: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.content_type = content_type
        self.data = data
        self.label_first = label_first
        self.rows = rows
        self.samples = samples
        self.minimum = minimum
        self.maximum = maximum
        self.outputs_per_row = outputs_per_row

    def execute(self, context: Any) -> dict[str, Any]:
        rows = self._rows()
        predictions = self._predictions(self._answer("\n".join(rows).encode()))
        shown = ", ".join(f"{value:g}" for value in predictions[:SHOWN])
        more = ", …" if len(predictions) > SHOWN else ""
        self.log.info("%s predicts for %d rows: %s%s", self.endpoint_name, len(rows), shown, more)
        belief = Belief(len(rows), self.outputs_per_row, self.minimum, self.maximum)
        found = list(flaws(predictions, belief))
        if found:
            raise AirflowFailException(
                f"Endpoint {self.endpoint_name} gives predictions that cannot be right: "
                f"{'; '.join(found)}. It serves this run's model already; to go back, update it "
                "to the endpoint configuration of before."
            )
        return {"rows": len(rows), "predictions": predictions[:SHOWN]}

    def _rows(self) -> list[str]:
        if self.samples:
            return list(self.samples)
        try:
            return sample_rows(
                self._client("s3"), self.data or "", self.rows, self.content_type, self.label_first
            )
        except NoRowsError as error:
            raise AirflowFailException(
                f"There is nothing to ask endpoint {self.endpoint_name}: {error}."
            ) from error

    def _predictions(self, answer: Any) -> list[float]:
        """Return the numbers of an answer of the endpoint."""
        kind = answer.get("ContentType", "").partition(";")[0].strip().lower()
        with answer["Body"] as opened:
            body: bytes = opened.read()
        shown = body[:200].decode("utf-8", "replace")
        if kind != ACCEPT:
            raise AirflowFailException(
                f"Endpoint {self.endpoint_name} answers {kind or 'without a content type'} where "
                f"{ACCEPT} was asked for: {shown}"
            )
        try:
            return read_predictions(body)
        except ValueError:
            raise AirflowFailException(
                f"Endpoint {self.endpoint_name} answers something else than numbers: {shown}"
            ) from None

    def _answer(self, body: bytes) -> Any:
        """Ask the endpoint, several times if it may be better the next time."""
        client = self._client("sagemaker-runtime")
        request = {
            "EndpointName": self.endpoint_name,
            "ContentType": self.content_type,
            "Accept": ACCEPT,
            "Body": body,
        }
        for pause in (*PAUSES, None):
            try:
                return client.invoke_endpoint(**request)
            except (ClientError, BotoCoreError) as error:
                if pause is None or not _may_pass(error):
                    raise self._refused(error) from error
                self.log.warning("Asking again in %g s: %s", pause, error)
                time.sleep(pause)
        raise AssertionError("the last time returns or raises")

    def _refused(self, error: Exception) -> Exception:
        """Return the exception that tells why the endpoint did not answer."""
        answer = getattr(error, "response", {})
        if "OriginalMessage" not in answer:
            return AirflowException(f"Endpoint {self.endpoint_name} cannot be asked: {error}")
        status, said = answer.get("OriginalStatusCode"), answer["OriginalMessage"].strip()
        kind = AirflowException if _may_pass(error) else AirflowFailException
        return kind(
            f"The model behind endpoint {self.endpoint_name} answers {status}: {said} "
            f"Its log: {answer.get('LogStreamArn', 'none')}"
        )

    def _client(self, service: str) -> Any:
        """Return a boto3 client with this operator's connection."""
        return AwsBaseHook(
            aws_conn_id=self.aws_conn_id,
            client_type=service,
            region_name=self.region_name,
            verify=self.verify,
        ).get_conn()


def _may_pass(error: Exception) -> bool:
    """Say whether asking again makes sense: throttled, a server's fault, or no answer at all."""
    if isinstance(error, BotoCoreError):
        return True
    answer = getattr(error, "response", {})
    status = answer.get("OriginalStatusCode") or answer["ResponseMetadata"]["HTTPStatusCode"]
    return status >= 500 or status == 429 or answer["Error"]["Code"] in _PASSING
