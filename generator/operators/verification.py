"""VerificationOperator: the proof that an endpoint serves what this run has made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from generator.operators.consistency import once_known
from generator.operators.endpoint_state import endpoint_state

try:
    from airflow.sdk.exceptions import AirflowException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import AirflowException  # type: ignore[attr-defined]


class VerificationOperator(AwsBaseOperator[SageMakerHook]):
    """Asks AWS what is live, from the endpoint down to the model's artifact.

    No operator of the provider does: a task that has updated an endpoint tells what it has asked
    for. XCom: ``{"endpoint", "endpoint_config", "model", "model_data_url", "verified"}``.
    """

    aws_hook_class = SageMakerHook
    template_fields: Sequence[str] = aws_template_fields(
        "endpoint_name", "endpoint_config_name", "model_name", "model_data_url"
    )

    def __init__(
        self,
        *,
        endpoint_name: str,
        endpoint_config_name: str,
        model_name: str,
        model_data_url: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.endpoint_config_name = endpoint_config_name
        self.model_name = model_name
        self.model_data_url = model_data_url

    def execute(self, context: Any) -> dict[str, Any]:
        live = self._live_configuration()
        self._compare("endpoint configuration", self.endpoint_config_name, live)
        config = once_known(lambda: self.hook.describe_endpoint_config(live))
        models = [variant.get("ModelName", "none") for variant in config["ProductionVariants"]]
        model = " and ".join(models)
        self._compare("model", self.model_name, model)
        described = once_known(lambda: self.hook.describe_model(model))
        artifact = described["PrimaryContainer"].get("ModelDataUrl", "")
        self._compare("artifact", self.model_data_url, artifact)
        self.log.info("%s serves %s: %s", self.endpoint_name, model, artifact)
        return {
            "endpoint": self.endpoint_name,
            "endpoint_config": live,
            "model": model,
            "model_data_url": artifact,
            "verified": True,
        }

    def _live_configuration(self) -> str:
        """Return what all requests are answered by; an endpoint that scales is Updating."""
        found = endpoint_state(self.hook.conn, self.endpoint_name)
        if found is None:
            raise AirflowException(f"There is no endpoint {self.endpoint_name}")
        if not found.goes_on_serving(found.live):
            turns = f", on its way to {found.pending}" if found.pending else ""
            raise AirflowException(
                f"{self.endpoint_name} does not serve what this run has made: it is "
                f"{found.status}{turns} ({found.reason or 'SageMaker gives no reason'})"
            )
        return found.live

    def _compare(self, what: str, expected: str, found: str) -> None:
        if found != expected:
            raise AirflowException(
                f"{self.endpoint_name} does not serve what this run has made: its {what} is "
                f"{found}, not {expected}"
            )
