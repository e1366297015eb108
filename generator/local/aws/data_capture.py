"""Data capture: what an endpoint is asked and answers, kept in S3 as SageMaker keeps it.

One JSON line for each captured request, at DESTINATION/ENDPOINT/VARIANT/yyyy/mm/dd/hh/NAME.jsonl:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

from __future__ import annotations

import base64
import json
import logging
import uuid
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from generator.local.aws.account import SAGEMAKER, Account
from generator.local.aws.invocation import Invocation, Prediction
from generator.local.aws.objects import split_uri

log = logging.getLogger(__name__)

_SIDES = {"Input": ("endpointInput", "INPUT"), "Output": ("endpointOutput", "OUTPUT")}


class DataCapture:
    """Captures a part of an endpoint's requests, each n-th of them and not by chance."""

    def __init__(self, account: Account, endpoint: str, config: dict[str, Any]) -> None:
        self._account = account
        self._endpoint = endpoint
        self._config = {"EnableCapture": True, **config}
        self._lock = Lock()
        self._asked = 0
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        self._sides = [name for name in _SIDES if name in modes or "InputAndOutput" in modes]

    def summary(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DataCaptureConfigSummary.html"""
        config = self._config
        key = {"KmsKeyId": config.get("KmsKeyId", "")}
        return {
            "EnableCapture": config["EnableCapture"],
            "CaptureStatus": "Started" if config["EnableCapture"] else "Stopped",
            "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
            "DestinationS3Uri": config["DestinationS3Uri"],
            **key,
        }

    def keep(self, invocation: Invocation, prediction: Prediction) -> None:
        """Writes the request and its answer, if they are of the part that is captured."""
        if self._config["EnableCapture"] and self._has_turn():
            self._account.start_thread(self._write, invocation, prediction)

    def _has_turn(self) -> bool:
        percent = self._config["InitialSamplingPercentage"]
        with self._lock:
            before, self._asked = self._asked, self._asked + 1
            return int(self._asked * percent / 100) > int(before * percent / 100)

    def _write(self, invocation: Invocation, prediction: Prediction) -> None:
        now = datetime.now(UTC)
        bucket, prefix = split_uri(self._config["DestinationS3Uri"].rstrip("/"))
        file = f"{now:%M-%S}-{now.microsecond // 1000:03}-{uuid.uuid4()}.jsonl"
        parts = (prefix, self._endpoint, prediction.variant, f"{now:%Y/%m/%d/%H}", file)
        line = json.dumps(self._record(invocation, prediction, now)) + "\n"
        try:
            self._account.client("s3", SAGEMAKER).put_object(
                Bucket=bucket, Key="/".join(filter(None, parts)), Body=line.encode()
            )
        except Exception:  # as on AWS, a request that cannot be kept is answered all the same
            log.exception("The emulated endpoint %s could not capture a request", self._endpoint)

    def _record(
        self, invocation: Invocation, prediction: Prediction, now: datetime
    ) -> dict[str, Any]:
        contents = {
            "Input": (invocation.content_type, invocation.body),
            "Output": (prediction.content_type, prediction.body),
        }
        data = {}
        for side in self._sides:
            name, mode = _SIDES[side]
            content_type, body = contents[side]
            data[name] = _side(mode, self._encoding(content_type), content_type, body)
        metadata = {
            "eventId": str(uuid.uuid4()),
            "inferenceTime": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}

    def _encoding(self, content_type: str) -> str:
        """BASE64, unless the configuration says that the content type is text."""
        known = self._config.get("CaptureContentTypeHeader", {})
        kind = content_type.partition(";")[0].strip().lower()
        for name, encoding in (("CsvContentTypes", "CSV"), ("JsonContentTypes", "JSON")):
            if kind in known.get(name, []):
                return encoding
        return "BASE64"


def capture_of(config: dict[str, Any], account: Account, endpoint: str) -> DataCapture | None:
    """What the endpoint configuration captures."""
    wanted = config.get("DataCaptureConfig")
    return DataCapture(account, endpoint, wanted) if wanted else None


def _side(mode: str, encoding: str, content_type: str, body: bytes) -> dict[str, str]:
    text = base64.b64encode(body) if encoding == "BASE64" else body
    return {
        "observedContentType": content_type,
        "mode": mode,
        "data": text.decode(),
        "encoding": encoding,
    }
