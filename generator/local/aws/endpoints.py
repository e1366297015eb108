"""The emulated SageMaker's endpoints: create, update, delete, describe, list, invoke."""

from __future__ import annotations

import random
from threading import RLock
from typing import Any

from generator.local.aws import traffic_shift
from generator.local.aws.account import ACCOUNT_ID, Account
from generator.local.aws.active_faults import ActiveFaults
from generator.local.aws.deployment import FAULTS, Deployment
from generator.local.aws.endpoint import SETTLED, Endpoint
from generator.local.aws.endpoint_definitions import EndpointDefinitions
from generator.local.aws.errors import AwsError, invalid
from generator.local.aws.fleet import Fleet
from generator.local.aws.invocation import Invocation, Prediction, model_error
from generator.local.aws.pages import page
from generator.local.aws.sagemaker_tags import SageMakerTags
from generator.local.aws.scalable_targets import ScalableTargets
from generator.local.aws.serving_process import ServingProcess

Request = dict[str, Any]


class Endpoints:
    """Answers the endpoint operations; a configuration is served by real processes."""

    OPERATIONS = (
        *("CreateEndpoint", "DescribeEndpoint", "UpdateEndpoint"),
        *("DeleteEndpoint", "ListEndpoints", "UpdateEndpointWeightsAndCapacities"),
    )

    def __init__(
        self,
        account: Account,
        tags: SageMakerTags,
        definitions: EndpointDefinitions,
        faults: ActiveFaults,
    ) -> None:
        self._account = account
        self._faults = faults
        self._targets = ScalableTargets(account)
        self._tags = tags
        self._definitions = definitions
        self._lock = RLock()
        # By lower-case name: endpoint names are unique without regard to case.
        self._endpoints: dict[str, Endpoint] = {}

    def create_endpoint(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html"""
        name = request["EndpointName"]
        traffic_shift.check(request.get("DeploymentConfig"))
        with self._lock:
            arn = self._account.arn("sagemaker", f"endpoint/{name.lower()}")
            if name.lower() in self._endpoints:
                raise invalid(f'Cannot create already existing endpoint "{arn}".')
            fleet = self._new_fleet(name, request["EndpointConfigName"])
            endpoint = self._endpoints[name.lower()] = Endpoint(arn, request)
            endpoint.pending = fleet
            self._tags.create(arn, request)
            deployment = self._deployment(endpoint, fleet, "sagemaker.CreateEndpoint")
            self._account.start_thread(deployment.create)
        return {"EndpointArn": arn}

    def update_endpoint(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html"""
        traffic_shift.check(request.get("DeploymentConfig"))
        with self._lock:
            endpoint = self._endpoint(request["EndpointName"])
            endpoint.refuse_update(request["EndpointConfigName"])
            fleet = self._new_fleet(endpoint.name, request["EndpointConfigName"])
            if endpoint.serving:
                self._targets.refuse_change(endpoint.name, endpoint.serving, fleet.variants)
                if request.get("RetainAllVariantProperties"):
                    fleet.retain(endpoint.serving, _forgotten(request))
            endpoint.pending = fleet
            if not request.get("RetainDeploymentConfig"):
                endpoint.deployment = request.get("DeploymentConfig")
            endpoint.enter("Updating")
            deployment = self._deployment(endpoint, fleet, "sagemaker.UpdateEndpoint")
            self._account.start_thread(deployment.update)
        return {"EndpointArn": endpoint.arn}

    def update_endpoint_weights_and_capacities(self, request: Request) -> Request:
        """What Application Auto Scaling calls when it scales.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
        """
        with self._lock:
            endpoint = self._endpoint(request["EndpointName"])
            if endpoint.status != "InService" or endpoint.serving is None:
                raise endpoint.in_progress()
            desired = endpoint.serving.desired
            for change in request["DesiredWeightsAndCapacities"]:
                if change["VariantName"] not in desired:
                    raise invalid(f'Could not find variant "{change["VariantName"]}".')
                kept = ("DesiredInstanceCount", "DesiredWeight")
                known = {key: change[key] for key in kept if key in change}
                desired[change["VariantName"]] |= known
            endpoint.enter("InService")
        return {"EndpointArn": endpoint.arn}

    def delete_endpoint(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpoint.html"""
        with self._lock:
            endpoint = self._endpoint(request["EndpointName"])
            if endpoint.status not in SETTLED:
                raise endpoint.in_progress()
            endpoint.enter("Deleting")
            serving, endpoint.serving = endpoint.serving, None
            self._account.start_thread(self._delete, endpoint, serving)
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
        fleet, server = self._choose(invocation)
        try:
            status, content_type, body = server.invoke(invocation)
        except OSError as error:
            raise model_error(self._account, server.log, 500, str(error)) from error
        finally:
            server.done_request()
        if status != 200:
            raise model_error(self._account, server.log, status, body.decode(errors="replace"))
        prediction = Prediction(body, content_type, server.variant["VariantName"])
        if fleet.capture:
            fleet.capture.keep(invocation, prediction)
        return prediction

    def _choose(self, invocation: Invocation) -> tuple[Fleet, ServingProcess]:
        """Who answers; it is kept from stopping until its done_request()."""
        with self._lock:
            endpoint = self._endpoints.get(invocation.endpoint.lower())
            fleet = endpoint.choose_fleet() if endpoint else None
            if fleet is None:
                message = f"Endpoint {invocation.endpoint} of account {ACCOUNT_ID} not found."
                raise AwsError("ValidationError", message)
            server = fleet.choose(invocation.variant)
            if server is None:
                message = f"Variant {invocation.variant} not found for Request"
                raise AwsError("ValidationError", message)
            server.take_request()
            return fleet, server

    def _deployment(self, endpoint: Endpoint, fleet: Fleet, operation: str) -> Deployment:
        fault = self._faults.strike_first(FAULTS, operation)
        return Deployment(self._account, self._lock, endpoint, fleet, fault)

    def _delete(self, endpoint: Endpoint, serving: Fleet | None) -> None:
        if serving:
            serving.stop()
        self._targets.forget(endpoint.name)
        with self._lock:
            del self._endpoints[endpoint.name.lower()]
            self._tags.forget(endpoint.arn)

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


def _forgotten(request: Request) -> set[str]:
    """What an update does not retain although it retains the rest."""
    excluded = request.get("ExcludeRetainedVariantProperties", [])
    return {each["VariantPropertyType"] for each in excluded}
