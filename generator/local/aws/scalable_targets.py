"""SageMaker's side of Application Auto Scaling: which variants of an endpoint are its targets.

The targets themselves are moto's. An update must leave the instance type of each as it is:
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
"""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend

from generator.local.aws.account import ACCOUNT_ID, Account
from generator.local.aws.errors import invalid
from generator.local.aws.fleet import Fleet

_NAMESPACE = "sagemaker"


class ScalableTargets:
    """Looks into moto, not over HTTP: it is nobody's call that a policy could have to allow."""

    def __init__(self, account: Account) -> None:
        self._region = account.region

    def variants(self, endpoint: str) -> dict[str, str]:
        """The variants that are targets, with their scalable dimension."""
        prefix = f"endpoint/{endpoint}/variant/"
        return {
            target.resource_id.removeprefix(prefix): target.scalable_dimension
            for target in self._backend().describe_scalable_targets(_NAMESPACE, None, None)
            if target.resource_id.startswith(prefix)
        }

    def refuse_change(self, endpoint: str, old: Fleet, new: list[dict[str, Any]]) -> None:
        """Raise SageMaker's error where a target would be removed or get other instances."""
        types = {variant["VariantName"]: variant.get("InstanceType") for variant in new}
        changed = [
            variant["VariantName"]
            for variant in old.variants
            if variant["VariantName"] in self.variants(endpoint)
            and types.get(variant["VariantName"]) != variant.get("InstanceType")
        ]
        if changed:
            names = ", ".join(f'"{name}"' for name in changed)
            raise invalid(
                f'The variant(s) "[{names}]" must be deregistered as scalable target(s) with AWS '
                "Auto Scaling before they can be removed or updated to use a different instance "
                "type."
            )

    def forget(self, endpoint: str) -> None:
        """Deregister what scaled an endpoint that is deleted.

        https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html
        """
        for variant, dimension in self.variants(endpoint).items():
            resource = f"endpoint/{endpoint}/variant/{variant}"
            self._backend().deregister_scalable_target(_NAMESPACE, resource, dimension)

    def _backend(self) -> Any:
        # moto loads the module now: it makes boto3 sessions, which a developer's profile can break.
        return get_backend("applicationautoscaling")[ACCOUNT_ID][self._region]
