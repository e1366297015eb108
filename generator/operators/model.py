"""ModelOperator: a model that a retry finds again."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.sagemaker import SageMakerModelOperator, serialize

from generator.operators.consistency import once_known
from generator.operators.content_name import content_name, create_once


class ModelOperator(SageMakerModelOperator):
    """Makes a model, or takes the same one that an earlier try has made.

    Hole of the stock operator: it fails if the name exists, so every retry after a success that
    Airflow never heard of fails, too (https://github.com/apache/airflow/issues/39502).

    ``ModelName`` in ``config`` is the beginning of the name, to which a hash of the content is
    added. XCom: ``{"Model": …}``, what DescribeModel says.
    """

    def execute(self, context: Any) -> dict[str, Any]:
        self.preprocess_config()
        name = content_name(self.config, "ModelName")
        made = create_once(self.hook.conn.create_model, {**self.config, "ModelName": name})
        self.log.info("%s model %s", "Made" if made else "There is already", name)
        return {"Model": serialize(once_known(lambda: self.hook.describe_model(name)))}
