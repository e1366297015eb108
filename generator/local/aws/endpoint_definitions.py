"""The emulated SageMaker's models and endpoint configurations: what an endpoint is made from."""

from __future__ import annotations

import time
from threading import RLock
from typing import Any

from generator.local.aws.account import Account
from generator.local.aws.errors import invalid
from generator.local.aws.pages import page
from generator.local.aws.sagemaker_tags import SageMakerTags

Request = dict[str, Any]


class Definitions:
    """Named requests of one kind, kept as they came."""

    def __init__(
        self, account: Account, tags: SageMakerTags, kind: str, arn: str, noun: str
    ) -> None:
        self._account = account
        self._tags = tags
        self._lock = RLock()
        self._kind = kind  # "Model"
        self._arn = arn  # "model"
        self._noun = noun  # "model"
        self._items: dict[str, Request] = {}

    def create(self, request: Request) -> Request:
        """Keeps `request`; an existing name is refused."""
        name = request[f"{self._kind}Name"]
        arn = self._account.arn("sagemaker", f"{self._arn}/{name}")
        with self._lock:
            if name in self._items:
                raise invalid(f'Cannot create already existing {self._noun} "{arn}".')
            kept = {key: value for key, value in request.items() if key != "Tags"}
            self._items[name] = {**kept, f"{self._kind}Arn": arn, "CreationTime": time.time()}
            self._tags.create(arn, request)
        return {f"{self._kind}Arn": arn}

    def get(self, name: str) -> Request:
        """The definition; raises SageMaker's error if there is none."""
        with self._lock:
            if name not in self._items:
                arn = self._account.arn("sagemaker", f"{self._arn}/{name}")
                raise invalid(f'Could not find {self._noun} "{arn}".')
            return self._items[name]

    def delete(self, name: str) -> Request:
        """Forgets the definition; endpoints made from it go on."""
        with self._lock:
            self._tags.forget(self.get(name)[f"{self._kind}Arn"])
            del self._items[name]
        return {}

    def list(self, request: Request) -> Request:
        """A page of summaries, the newest first."""
        part = request.get("NameContains", "")
        with self._lock:
            items = [item for name, item in self._items.items() if part in name]
        if request.get("SortOrder") != "Ascending":
            items.reverse()
        items, token = page(items, request, "MaxResults", most=10)
        names = (f"{self._kind}Name", f"{self._kind}Arn", "CreationTime")
        return {f"{self._kind}s": [{name: item[name] for name in names} for item in items], **token}


class EndpointDefinitions:
    """Answers the operations on models and endpoint configurations."""

    OPERATIONS = (
        *("CreateModel", "DescribeModel", "DeleteModel", "ListModels"),
        *("CreateEndpointConfig", "DescribeEndpointConfig"),
        *("DeleteEndpointConfig", "ListEndpointConfigs"),
    )

    def __init__(self, account: Account, tags: SageMakerTags) -> None:
        self.models = Definitions(account, tags, "Model", "model", "model")
        self.configs = Definitions(
            account, tags, "EndpointConfig", "endpoint-config", "endpoint configuration"
        )

    def create_model(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html"""
        if not ("PrimaryContainer" in request) ^ ("Containers" in request):
            raise invalid("Exactly one of PrimaryContainer and Containers must be specified.")
        for container in [request.get("PrimaryContainer", {}), *request.get("Containers", [])]:
            if container and "Image" not in container and "ModelPackageName" not in container:
                raise invalid("One of Image and ModelPackageName must be specified.")
        return self.models.create(request)

    def describe_model(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeModel.html"""
        return self.models.get(request["ModelName"])

    def delete_model(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteModel.html"""
        return self.models.delete(request["ModelName"])

    def list_models(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModels.html"""
        return self.models.list(request)

    def create_endpoint_config(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html"""
        names = [variant["VariantName"] for variant in request["ProductionVariants"]]
        if len(names) != len(set(names)):
            raise invalid("Variant names in ProductionVariants must be unique.")
        for variant in request["ProductionVariants"]:
            _check_variant(variant)
            self.models.get(variant["ModelName"])
        return self.configs.create(request)

    def describe_endpoint_config(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpointConfig.html"""
        return self.configs.get(request["EndpointConfigName"])

    def delete_endpoint_config(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpointConfig.html"""
        return self.configs.delete(request["EndpointConfigName"])

    def list_endpoint_configs(self, request: Request) -> Request:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListEndpointConfigs.html"""
        return self.configs.list(request)


def _check_variant(variant: Request) -> None:
    if "ModelName" not in variant:
        raise invalid("ModelName is required in a ProductionVariant.")
    instances = {"InstanceType", "InitialInstanceCount"} & variant.keys()
    if "ServerlessConfig" in variant and instances:
        raise invalid("ServerlessConfig cannot be combined with InstanceType or InstanceCount.")
    if "ServerlessConfig" not in variant and len(instances) < 2:
        raise invalid("InstanceType and InitialInstanceCount are required in a ProductionVariant.")
