"""Our operators on each version of Airflow: deferred and sync, jobs again after a failure."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples import ROOT
from mwaa_airflow import MwaaAirflow

from generator.airflow_version import AirflowVersion
from generator.local.aws.server import EmulatedAws

sys.path.append(str(ROOT / "tests" / "local"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

COLOURS = re.compile(r"\x1b\[[0-9;]*m")

DAG = """
from datetime import datetime, timedelta
try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow.models.dag import DAG
from generator.operators.endpoint import EndpointOperator
from generator.operators.endpoint_config import EndpointConfigOperator
from generator.operators.glue import GlueOperator
from generator.operators.model import ModelOperator
from generator.operators.retention import RetentionOperator
from generator.operators.training import TrainingOperator
from generator.operators.verification import VerificationOperator

def deploy(name):
    trained = "ti.xcom_pull(task_ids='%s')['Training']" % name
    made = "{{ ti.xcom_pull(task_ids='model_%s')['Model']['ModelName'] }}" % name
    artifact = "{{ %s['ModelArtifacts']['S3ModelArtifacts'] }}" % trained
    config = "ti.xcom_pull(task_ids='config_%s')['EndpointConfig']" % name
    config = "{{ %s['EndpointConfigName'] }}" % config
    variant = {"VariantName": "All", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return [
        ModelOperator(
            task_id=f"model_{name}",
            config={
                "ModelName": "{{ %s['TrainingJobName'] }}" % trained,
                "ExecutionRoleArn": CONFIG["RoleArn"],
                "PrimaryContainer": {
                    "Image": CONFIG["AlgorithmSpecification"]["TrainingImage"],
                    "ModelDataUrl": artifact,
                },
            },
        ),
        EndpointConfigOperator(
            task_id=f"config_{name}",
            config={
                "EndpointConfigName": "{{ %s['TrainingJobName'] }}" % trained,
                "ProductionVariants": [{**variant, "ModelName": made}],
            },
        ),
        EndpointOperator(
            task_id=f"deploy_{name}",
            config={"EndpointName": name, "EndpointConfigName": config},
            deferrable=False,
            check_interval=1,
            timeout=120,
        ),
        VerificationOperator(
            task_id=f"verify_{name}",
            endpoint_name=name,
            endpoint_config_name=config,
            model_name=made,
            model_data_url=artifact,
        ),
        RetentionOperator(
            task_id=f"clean_up_{name}",
            endpoint_name=name,
            name_prefix=name,
            pipeline=name,
            keep_last=1,
        ),
    ]

with DAG("training", start_date=datetime(2026, 1, 1), schedule=None):
    for name, deferrable in (("deferred", True), ("sync", False)):
        train = TrainingOperator(
            task_id=name,
            config={**CONFIG, "TrainingJobName": name},
            deferrable=deferrable,
            check_interval=1,
            timeout=120,
            execution_timeout=timedelta(minutes=5),
            retries=1,
            retry_delay=timedelta(0),
        )
        last = train
        for task in deploy(name) if name == "sync" else ():  # a real run deploys deferred
            last = last >> task
        GlueOperator(
            task_id=f"glue_{name}",
            job_name="prepare",
            script_location="s3://bucket/script.py",
            iam_role_arn="arn:aws:iam::123456789012:role/glue",
            concurrent_run_limit=2,
            create_job_kwargs={
                "GlueVersion": "5.0",
                "WorkerType": "G.1X",
                "NumberOfWorkers": 2,
                "Tags": {"waits": name},
            },
            run="{{ dag.dag_id }}-" + name,
            deferrable=deferrable,
            check_interval=1,
            timeout=120,
            execution_timeout=timedelta(minutes=5),
            retries=1,
            retry_delay=timedelta(0),
        )
"""


@pytest.fixture
def aws() -> Iterator[Any]:
    """The emulated AWS with data and a script; its first job of each kind fails."""
    from example_jobs import Aws, example_rows

    with EmulatedAws(faults=["job-fails"]) as emulated:
        aws = Aws(emulated)
        for channel in ("train", "validation"):
            aws.put_rows(f"data/{channel}/part-0.csv", example_rows(300, seed=1))
        aws.s3.put_object(Bucket="bucket", Key="script.py", Body=b"print('done')")
        yield aws
        for client in aws.clients.values():
            client.close()


@pytest.fixture
def airflow(version: AirflowVersion, tmp_path: Path, aws: Any) -> MwaaAirflow:
    """That version of Airflow with a DAG that runs Glue, trains, each twice, and deploys."""
    from example_jobs import training_request

    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "training.py").write_text(f"CONFIG = {training_request()!r}\n{DAG}", "utf-8")
    airflow = MwaaAirflow(version.name, tmp_path / "airflow", dags)
    wide = {"COLUMNS": "1000"}  # so that no message is broken into lines
    airflow.variables |= aws.emulated.environment | {"PYTHONPATH": str(ROOT)} | wide
    return airflow


def test_jobs_run_deferred_and_sync_and_again_after_a_failure(
    airflow: MwaaAirflow, aws: Any
) -> None:
    airflow.create_database()
    log = COLOURS.sub("", airflow.test_dag("training"))
    tasks = airflow.rows("SELECT task_id, state FROM task_instance ORDER BY task_id")
    kinds = ("", "clean_up_", "config_", "deploy_", "glue_", "model_", "verify_")
    names = sorted(["deferred", "glue_deferred", *(f"{kind}sync" for kind in kinds)])
    assert tasks == [(name, "success") for name in names]
    endpoints = aws.sagemaker.list_endpoints(StatusEquals="InService")["Endpoints"]
    assert [each["EndpointName"] for each in endpoints] == ["sync"]
    jobs = aws.sagemaker.list_training_jobs()["TrainingJobSummaries"]
    states = sorted((job["TrainingJobName"], job["TrainingJobStatus"]) for job in jobs)
    failed = next(name for name, state in states if state == "Failed").removesuffix("-1")
    assert states == sorted(
        [(f"{failed}-1", "Failed"), (f"{failed}-2", "Completed")]
        + [(f"{name}-1", "Completed") for name in {"deferred", "sync"} - {failed}]
    )
    assert f"Training job {failed}-1 failed: AlgorithmError: RuntimeError" in log
    runs = aws.glue.get_job_runs(JobName="prepare")["JobRuns"]
    assert sorted(run["JobRunState"] for run in runs) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    (bad,) = (run for run in runs if run["JobRunState"] == "FAILED")
    assert f"Run {bad['Id']} of Glue job prepare failed: {bad['ErrorMessage']}" in log
    marks = {run["Arguments"]["--pipeline_run"] for run in runs}
    assert marks == {"training-deferred-1", "training-sync-1"}
    tags = aws.glue.get_tags(ResourceArn="arn:aws:glue:us-east-1:123456789012:job/prepare")["Tags"]
    assert tags["waits"] in ("deferred", "sync")
