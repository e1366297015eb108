"""Registers the Airflow DAG of every valid file in pipelines/."""

from contextlib import suppress
from pathlib import Path

# The DAG processor imports the airflow modules named here once, before it forks a process per
# parse, so they are not paid for at every parse.
import airflow.providers.amazon.aws.notifications.sns
import airflow.providers.amazon.aws.operators.glue
import airflow.providers.amazon.aws.operators.sagemaker

with suppress(ImportError):  # what dag-factory imports where it is there
    import airflow.providers.common.sql.sensors.sql
    import airflow.providers.http.operators.http
    import airflow.providers.http.sensors.http
    import airflow.providers.standard.operators.python
    import airflow.providers.standard.sensors.python  # noqa: F401

from generator.dag import load_dags

SHARD = (1, 1)
"""Which of how many files this is: `pipelines bundle` writes several for many pipelines."""

globals().update(load_dags(Path(__file__), SHARD))
