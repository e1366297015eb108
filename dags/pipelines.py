"""Registers the Airflow DAG of every valid file in pipelines/."""

from pathlib import Path

# The DAG processor imports the airflow modules that stand here, in no block, once before it forks
# a process per parse; so they are not paid for at every parse.
import airflow.providers.amazon.aws.notifications.sns
import airflow.providers.amazon.aws.operators.glue
import airflow.providers.amazon.aws.operators.sagemaker  # noqa: F401

from generator.dag import load_dags

SHARD = (1, 1)
"""Which of how many files this is: `pipelines bundle` writes several for many pipelines."""

globals().update(load_dags(Path(__file__), SHARD))
