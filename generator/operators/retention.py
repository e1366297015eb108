"""RetentionOperator: deletes a pipeline's old endpoint configurations and models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from botocore.exceptions import BotoCoreError, ClientError

from generator.operators.job import patiently
from generator.operators.job_trigger import is_refusal, is_unknown

_RUN = r"-\d{8}-[0-9a-f]{8}-"
_TAG = "pipeline"


class RetentionOperator(AwsBaseOperator[SageMakerHook]):
    """Keeps the newest ``keep_last`` endpoint configurations of a pipeline, and their models.

    Each run makes one of both, and nobody deletes them: SageMaker refuses new ones at a limit. What
    any endpoint uses, or is about to, is never deleted. Only that is looked at whose name begins
    with ``name_prefix`` and a run, and whose tag ``pipeline`` is the pipeline's name. XCom:
    ``{"deleted": [names], "kept": [names]}``.
    """

    aws_hook_class = SageMakerHook
    template_fields: Sequence[str] = aws_template_fields()

    def __init__(
        self, *, endpoint_name: str, name_prefix: str, pipeline: str, keep_last: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.endpoint_name = endpoint_name
        self.name_prefix = name_prefix
        self.pipeline = pipeline
        self.keep_last = keep_last

    def execute(self, context: Any) -> dict[str, Any]:
        configs = self._ours("list_endpoint_configs", "EndpointConfig")
        models = self._ours("list_models", "Model")
        if max(len(configs), len(models)) <= self.keep_last:
            self.log.info("There is nothing to delete")
            return {"deleted": [], "kept": sorted(configs)}
        used = self._used()
        old = [name for name in configs[self.keep_last :] if name not in used]
        deleted = [n for n in old if self._delete("endpoint_config", "EndpointConfigName", n)]
        kept = [name for name in configs if name not in deleted]
        # A model whose configuration was never made has none that would keep it.
        needed = self._needed({*kept, *used}, models)
        old = [name for name in models[self.keep_last :] if name not in needed]
        deleted += [n for n in old if self._delete("model", "ModelName", n)]
        self.log.info("Deleted %s; kept %s", deleted or "nothing", kept)
        return {"deleted": deleted, "kept": sorted(kept)}

    def _needed(self, configs: set[str], models: list[str]) -> set[str]:
        """Return the models of configurations; all ``models`` where AWS does not let us look."""
        try:
            return {model for name in configs for model in self._models_of(name)}
        except ClientError as error:
            if not is_refusal(error):
                raise
            self.log.warning("The models stay, because any may be in use: %s", error)
            return set(models)

    def _ours(self, operation: str, kind: str) -> list[str]:
        """Return the names of this pipeline's configurations or models, the newest first."""
        own = re.compile(re.escape(self.name_prefix) + _RUN)
        pages = self.hook.conn.get_paginator(operation).paginate(
            NameContains=f"{self.name_prefix}-", SortBy="CreationTime", SortOrder="Descending"
        )
        return [
            found[f"{kind}Name"]
            for page in pages
            for found in page[f"{kind}s"]
            if own.match(found[f"{kind}Name"]) and self._is_tagged(found[f"{kind}Arn"])
        ]

    def _is_tagged(self, arn: str) -> bool:
        """Whether it belongs to the pipeline; names are cut, and two can begin alike."""
        pages = self.hook.conn.get_paginator("list_tags").paginate(ResourceArn=arn)
        try:
            tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        except ClientError as error:
            if is_unknown(error):
                return False  # somebody else has deleted it meanwhile
            raise
        return tags.get(_TAG) == self.pipeline

    def _used(self) -> set[str]:
        """Return the configurations that any endpoint serves, or will serve."""
        pages = self.hook.conn.get_paginator("list_endpoints").paginate()
        names = [found["EndpointName"] for page in pages for found in page["Endpoints"]]
        return {config for name in names for config in self._used_by(name)}

    def _used_by(self, endpoint: str) -> Iterator[str]:
        try:
            found = patiently(lambda: self.hook.conn.describe_endpoint(EndpointName=endpoint))
        except ClientError as error:
            if is_unknown(error):
                return
            raise
        yield found["EndpointConfigName"]
        if pending := found.get("PendingDeploymentSummary", {}).get("EndpointConfigName"):
            yield pending

    def _models_of(self, config: str) -> list[str]:
        try:
            found = patiently(lambda: self.hook.describe_endpoint_config(config))
        except ClientError as error:
            if is_unknown(error):
                return []
            raise
        variants = [*found["ProductionVariants"], *found.get("ShadowProductionVariants", ())]
        # One that serves inference components has no model of its own.
        return [variant["ModelName"] for variant in variants if "ModelName" in variant]

    def _delete(self, kind: str, parameter: str, name: str) -> bool:
        """Delete one thing; what cannot be deleted now may be by the next run."""
        try:
            getattr(self.hook.conn, f"delete_{kind}")(**{parameter: name})
        except (BotoCoreError, ClientError) as error:
            self.log.warning("%s stays: %s", name, error)
            return False
        return True
