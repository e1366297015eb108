"""EndpointConfigOperator: an endpoint configuration that a retry finds again."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerEndpointConfigOperator,
    serialize,
)

from generator.operators.consistency import once_known
from generator.operators.content_name import content_name, create_once


class EndpointConfigOperator(SageMakerEndpointConfigOperator):
    """Makes an endpoint configuration, or takes the same one that an earlier try has made.

    Hole of the stock operator: it fails if the name exists, so every retry after a success that
    Airflow never heard of fails, too (https://github.com/apache/airflow/issues/39502).

    ``EndpointConfigName`` in ``config`` is the beginning of the name; a hash of the content is
    added. XCom: ``{"EndpointConfig": …}``, what DescribeEndpointConfig says.
    """

    def execute(self, context: Any) -> dict[str, Any]:
        self.preprocess_config()
        name = content_name(self.config, "EndpointConfigName")
        made = create_once(
            self.hook.conn.create_endpoint_config, {**self.config, "EndpointConfigName": name}
        )
        self.log.info("%s endpoint configuration %s", "Made" if made else "There is already", name)
        described = once_known(lambda: self.hook.describe_endpoint_config(name))
        return {"EndpointConfig": serialize(described)}
