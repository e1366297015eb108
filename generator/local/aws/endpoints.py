"""The emulated SageMaker's endpoints: create, update, delete, describe, list, invoke."""

from __future__ import annotations

import random
from threading import RLock
from typing import Any

from generator.local.aws.account import ACCOUNT_ID, Account
from generator.local.aws.endpoint import Endpoint
from generator.local.aws.endpoint_definitions import EndpointDefinitions
from generator.local.aws.errors import AwsError, invalid
from generator.local.aws.fleet import Fleet
from generator.local.aws.invocation import Invocation, Prediction
from generator.local.aws.pages import page
from generator.local.aws.sagemaker_tags import SageMakerTags
from generator.local.aws.serving_process import ServingProcess, UnhealthyError
from generator.local.processes import ShuttingDownError

Request = dict[str, Any]


class Endpoints:
    """Answers the endpoint operations; a configuration is served by real processes."""

    OPERATIONS = (
        *("CreateEndpoint", "DescribeEndpoint", "UpdateEndpoint"),
        *("DeleteEndpoint", "ListEndpoints"),
    )

    def __init__(
        self, account: Account, tags: SageMakerTags, definitions: EndpointDefinitions
    ) -> None:
        self._account = account
        self._tags = tags
        self._definitions = definitions
        self._lock = RLock()
        # By lower-case name: endpoint names are unique without regard to case.
        self._endpoints: dict[str, Endpoint] = {}

    def create_endpoint(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html"""
        name = request["EndpointName"]
        with self._lock:
            arn = self._account.arn("sagemaker", f"endpoint/{name.lower()}")
            if name.lower() in self._endpoints:
                raise invalid(f'Cannot create already existing endpoint "{arn}".')
            fleet = self._new_fleet(name, request["EndpointConfigName"])
            endpoint = self._endpoints[name.lower()] = Endpoint(arn, request)
            endpoint.pending = fleet
            self._tags.create(arn, request)
            self._account.start_thread(self._create, endpoint, fleet)
        return {"EndpointArn": arn}

    def update_endpoint(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html"""
        with self._lock:
            endpoint = self._endpoint(request["EndpointName"])
            if endpoint.status == "Failed":
                # "DeleteEndpoint is the only operation that can be performed on a failed endpoint"
                raise invalid(f'Cannot update failed endpoint "{endpoint.arn}".')
            if endpoint.status != "InService":
                raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
            if request["EndpointConfigName"] == endpoint.config_name:
                raise invalid(
                    f'Endpoint "{endpoint.arn}" already uses the endpoint configuration '
                    f'"{endpoint.config_name}". To update an endpoint, you must create a new '
                    "EndpointConfig."
                )
            endpoint.pending = self._new_fleet(endpoint.name, request["EndpointConfigName"])
            endpoint.enter("Updating")
            self._account.start_thread(self._update, endpoint, endpoint.pending)
        return {"EndpointArn": endpoint.arn}

    def delete_endpoint(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpoint.html"""
        with self._lock:
            endpoint = self._endpoint(request["EndpointName"])
            if endpoint.status in ("Creating", "Updating"):
                raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
            del self._endpoints[endpoint.name.lower()]
            self._tags.forget(endpoint.arn)
            if endpoint.serving:
                self._account.start_thread(endpoint.serving.stop)
        return {}

    def describe_endpoint(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html"""
        with self._lock:
            return self._endpoint(request["EndpointName"]).describe()

    def list_endpoints(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListEndpoints.html"""
        part, status = request.get("NameContains", ""), request.get("StatusEquals")
        with self._lock:
            described = [endpoint.describe() for endpoint in self._endpoints.values()]
        if request.get("SortOrder") != "Ascending":
            described.reverse()
        names = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime")
        summaries = [
            {name: item[name] for name in (*names, "EndpointStatus")}
            for item in described
            if part in item["EndpointName"] and status in (None, item["EndpointStatus"])
        ]
        summaries, token = page(summaries, request, "MaxResults", most=10)
        return {"Endpoints": summaries, **token}

    def invoke(self, invocation: Invocation) -> Prediction:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"""
        server = self._choose(invocation)
        try:
            status, content_type, body = server.invoke(invocation)
        except OSError as error:
            raise self._model_error(server, 500, str(error)) from error
        finally:
            server.done_request()
        if status != 200:
            raise self._model_error(server, status, body.decode(errors="replace"))
        return Prediction(body, content_type, server.variant["VariantName"])

    def _choose(self, invocation: Invocation) -> ServingProcess:
        """Who answers; it is kept from stopping until its done_request()."""
        with self._lock:
            endpoint = self._endpoints.get(invocation.endpoint.lower())
            fleet = endpoint.serving if endpoint else None
            if fleet is None:
                message = f"Endpoint {invocation.endpoint} of account {ACCOUNT_ID} not found."
                raise AwsError("ValidationError", message)
            server = fleet.choose(invocation.variant)
            if server is None:
                message = f"Variant {invocation.variant} not found for Request"
                raise AwsError("ValidationError", message)
            server.take_request()
            return server

    def _endpoint(self, name: str) -> Endpoint:
        endpoint = self._endpoints.get(name.lower())
        if endpoint is None:
            arn = self._account.arn("sagemaker", f"endpoint/{name.lower()}")
            raise invalid(f'Could not find endpoint "{arn}".')
        return endpoint

    def _new_fleet(self, endpoint: str, config_name: str) -> Fleet:
        config = self._definitions.configs.get(config_name)
        models = [
            self._definitions.models.get(variant["ModelName"])
            for variant in config["ProductionVariants"]
        ]
        unique = f"endpoint-{endpoint}-{random.getrandbits(32):08x}"
        return Fleet(self._account, endpoint, self._account.jobs_folder / unique, config, models)

    def _create(self, endpoint: Endpoint, fleet: Fleet) -> None:
        reason = _start(fleet)
        with self._lock:
            endpoint.pending = None
            if reason is None:
                endpoint.serving = fleet
                endpoint.enter("InService")
            else:
                endpoint.enter("Failed", reason)

    def _update(self, endpoint: Endpoint, fleet: Fleet) -> None:
        """The old fleet answers until the new one does; it stays if the new one never does."""
        reason = _start(fleet)
        with self._lock:
            endpoint.pending = None
            old = endpoint.serving
            if reason is None:
                endpoint.serving = fleet
                endpoint.config_name = fleet.config_name
            endpoint.enter("InService", reason)
        if reason is None and old is not None:
            old.stop()

    def _model_error(self, server: ServingProcess, status: int, message: str) -> AwsError:
        group, stream = server.log
        region = self._account.region
        side = "client" if status < 500 else "server"
        return AwsError(
            "ModelError",
            f'Received {side} error ({status}) from primary with message "{message}". See '
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logEventViewer:group={group} in account {ACCOUNT_ID} for more information.",
            status=424,
            OriginalStatusCode=status,
            OriginalMessage=message,
            LogStreamArn=self._account.arn("logs", f"log-group:{group}:log-stream:{stream}"),
        )


def _start(fleet: Fleet) -> str | None:
    """Why the fleet cannot serve, or None when it does."""
    try:
        fleet.start()
    except UnhealthyError as error:
        return str(error)
    except ShuttingDownError:
        return "The emulated AWS is shutting down."
    except Exception as error:  # a defect of ours must not leave the endpoint Creating for ever
        return f"InternalServerError: the emulated AWS: {error!r}"
    return None
