"""AutoscalingOperator: lets an endpoint grow and shrink with its requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from generator.operators.scalable_target import target

POLICY = "invocations-per-instance"


class AutoscalingHook(AwsGenericHook[Any]):
    """A client of Application Auto Scaling."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(client_type="application-autoscaling", **kwargs)


class AutoscalingOperator(AwsBaseOperator[AutoscalingHook]):
    """Registers a variant as scalable target and puts its one policy; both may exist already.

    The provider has no operator for it. Cooldowns are in seconds, invocations per minute:
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-apply.html
    XCom: the target's ResourceId.
    """

    aws_hook_class = AutoscalingHook
    template_fields: Sequence[str] = aws_template_fields()

    def __init__(
        self,
        *,
        endpoint_name: str,
        variant_name: str,
        minimum: int,
        maximum: int,
        invocations_per_instance: int,
        scale_in_cooldown: int,
        scale_out_cooldown: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.variant_name = variant_name
        self.minimum = minimum
        self.maximum = maximum
        self.invocations_per_instance = invocations_per_instance
        self.scale_in_cooldown = scale_in_cooldown
        self.scale_out_cooldown = scale_out_cooldown

    def execute(self, context: Any) -> str:
        variant = target(self.endpoint_name, self.variant_name)
        self.hook.conn.register_scalable_target(
            **variant, MinCapacity=self.minimum, MaxCapacity=self.maximum
        )
        self.hook.conn.put_scaling_policy(
            **variant,
            PolicyName=POLICY,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": float(self.invocations_per_instance),
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                },
                "ScaleInCooldown": self.scale_in_cooldown,
                "ScaleOutCooldown": self.scale_out_cooldown,
            },
        )
        self.log.info("%s has %d to %d instances", self.endpoint_name, self.minimum, self.maximum)
        return variant["ResourceId"]
