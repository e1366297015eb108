"""The emulated Service Quotas: what a fresh account may use at once, and increases on request.

The values that are not 0 are in `service_quotas.json`. AWS publishes none for a fresh account; as
people report them, the common CPU instances have a few and every other instance type has none.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from pathlib import Path
from threading import RLock
from typing import Any

from generator.aws_requests.service_model import service_model
from generator.local.aws.account import Account
from generator.local.aws.errors import AwsError
from generator.local.aws.pages import page

Request = dict[str, Any]

_VALUES = Path(__file__).with_suffix(".json")
_USES = {
    "training job": "TrainingInstanceType",
    "spot training job": "TrainingInstanceType",
    "endpoint": "ProductionVariantInstanceType",
}
"""What SageMaker counts instances of each type for, and the list of types in botocore's model."""

_SERVICES = {"glue": "AWS Glue", "sagemaker": "Amazon SageMaker"}


class ServiceQuotas:
    """Answers Service Quotas' JSON API; an increase is granted at once."""

    OPERATIONS = ("ListServiceQuotas", "GetServiceQuota", "RequestServiceQuotaIncrease")

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = RLock()
        self._quotas: dict[str, dict[str, Request]] = {}

    def list_service_quotas(self, request: Request) -> Request:
        """All quotas of a service, or the one of a code; there is no other filter.

        https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html
        """
        with self._lock:
            quotas = list(self._of_service(request["ServiceCode"]).values())
        wanted = request.get("QuotaCode")
        found = [quota for quota in quotas if wanted in (None, quota["QuotaCode"])]
        quotas, following = page(found, request, "MaxResults")
        return {"Quotas": quotas, **following}

    def get_service_quota(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html"""
        with self._lock:
            return {"Quota": self._quota(request)}

    def request_service_quota_increase(self, request: Request) -> Request:
        """Grants it; AWS takes minutes for a small one and days for others.

        https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestServiceQuotaIncrease.html
        """
        with self._lock:
            quota = self._quota(request)
            if request["DesiredValue"] <= quota["Value"]:
                message = "You must provide a quota value greater than the current quota value."
                raise AwsError("IllegalArgumentException", message)
            changed = {**quota, "Value": float(request["DesiredValue"])}
            self._of_service(quota["ServiceCode"])[quota["QuotaCode"]] = changed
        named = ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "Unit")
        granted = {
            "Id": uuid.uuid4().hex,
            "DesiredValue": changed["Value"],
            "Status": "APPROVED",
            "Created": time.time(),
            **{key: quota[key] for key in named},
        }
        return {"RequestedQuota": granted}

    def _quota(self, request: Request) -> Request:
        quotas = self._of_service(request["ServiceCode"])
        if request["QuotaCode"] not in quotas:
            raise _missing()
        return quotas[request["QuotaCode"]]

    def _of_service(self, code: str) -> dict[str, Request]:
        """The quotas of one service by their codes, made when they are first asked for."""
        if code not in _SERVICES:
            raise _missing()
        if code not in self._quotas:
            made = [self._make(code, name, value) for name, value in sorted(_values(code).items())]
            self._quotas[code] = {quota["QuotaCode"]: quota for quota in made}
        return self._quotas[code]

    def _make(self, service: str, name: str, value: float) -> Request:
        # AWS's own codes look like this, too, but mean nothing.
        code = "L-" + hashlib.sha256(f"{service}/{name}".encode()).hexdigest()[:8].upper()
        return {
            "ServiceCode": service,
            "ServiceName": _SERVICES[service],
            "QuotaArn": self._account.arn("servicequotas", f"{service}/{code}"),
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


def _values(service: str) -> dict[str, float]:
    """The quotas of a fresh account by their names."""
    values: dict[str, float] = {}
    if service == "sagemaker":
        shapes = service_model("sagemaker").shapes
        for use, shape in _USES.items():
            values |= {f"{instance} for {use} usage": 0 for instance in shapes[shape]["enum"]}
    return values | json.loads(_VALUES.read_text("utf-8"))[service]


def _missing() -> AwsError:
    return AwsError("NoSuchResourceException", "The request failed because it names no resource.")
