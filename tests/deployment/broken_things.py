"""Everything that can be wrong with an account, and what the doctor says of it."""

from __future__ import annotations

from dataclasses import dataclass

import breaks
from breaks import (
    airflow_says,
    change_file,
    change_pipeline,
    deny,
    mwaa_says,
    open_bucket,
    other_environment,
    trust_only,
    without_bucket,
)
from doctor_world import ACCOUNT
from healthy_account import HEALTHY, NAME


@dataclass(frozen=True)
class Break:
    """`how` breaks something and mends it after its yield; `lines` are what the doctor then says.

    Each line is the mark and pieces of what follows, in their order.
    """

    how: breaks.How
    lines: tuple[tuple[str, ...], ...]
    code: int = 1
    skipped: str = ""


IMPORT_ERROR = {
    "import_errors": [
        {
            "import_error_id": 1,
            "filename": "pipeline_errors.py",
            "stack_trace": "Traceback (most recent call last):\n  File …\nValueError: a\x1b[31m\n",
        }
    ],
    "total_entries": 2,
}
UNWELL = {"metadatabase": HEALTHY, "scheduler": HEALTHY, "triggerer": {"status": None}}

BREAKS = {
    "a pipeline with a mistake": Break(
        breaks.broken_pipeline,
        (("✗", "Pipelines: 1 of 2 has errors", "`pipelines lint --env prod`"),),
    ),
    "no pipeline": Break(
        breaks.no_pipeline,
        (("!", "Pipelines: there are none", "pipelines new"),),
        code=0,
        skipped="Glue role may, SageMaker role may, Airflow's role may: no pipeline needs it",
    ),
    "credentials of another account": Break(
        change_file(ACCOUNT, "210987654321"),
        (("✗", f"Credentials: these are of account {ACCOUNT}", "of 210987654321"),),
        skipped="only once 'Credentials' is right",
    ),
    "roles of two accounts": Break(
        change_file(
            f"glue_role_arn: arn:aws:iam::{ACCOUNT}", "glue_role_arn: arn:aws:iam::000000000001"
        ),
        (("✗", "Credentials: the roles in environments/prod.yaml are of two accounts"),),
    ),
    "no data bucket": Break(
        without_bucket("DataBucket"),
        (("✗", f"Data bucket: there is no {NAME}-data-", "infra/base.yaml", "infra/README.md"),),
    ),
    "no artifacts bucket": Break(
        without_bucket("ArtifactsBucket"),
        (("✗", f"Artifacts bucket: there is no {NAME}-artifacts-"),),
        skipped="Deployed: only once 'Artifacts bucket' is right",
    ),
    "no MWAA bucket": Break(
        change_file("bucket: {MwaaBucket}", "bucket: acme-nowhere"),
        (
            ("✗", "MWAA bucket: there is no acme-nowhere"),
            ("✗", "MWAA environment", "mwaa.bucket"),
        ),
        skipped="MWAA files, Deployed: only once 'MWAA bucket' is right",
    ),
    "a bucket in another region": Break(
        without_bucket("DataBucket", remake=True),
        (("✗", "Data bucket", "is in eu-west-1, not in us-east-1", "environments/prod.yaml"),),
    ),
    "a public artifacts bucket": Break(
        open_bucket("ArtifactsBucket", public=True),
        (("✗", "Artifacts bucket", "is public", "put-public-access-block --bucket"),),
    ),
    "a data bucket that its access control list opens": Break(
        breaks.open_by_its_access_control_list, (("✗", "Data bucket", "is public"),)
    ),
    "an artifacts bucket that could become public": Break(
        open_bucket("ArtifactsBucket", public=False),
        (("!", "Artifacts bucket", "does not block public access", "put-public-access-block"),),
        code=0,
    ),
    "an MWAA bucket that could become public": Break(
        open_bucket("MwaaBucket", public=False),
        (("✗", "MWAA bucket", "does not block public access", "MWAA insists on it"),),
    ),
    "an MWAA bucket without versions": Break(
        breaks.without_versions,
        (("✗", "MWAA bucket", "keeps no versions", "put-bucket-versioning --bucket", "Enabled"),),
    ),
    "no Glue role": Break(
        change_file("{GlueRoleArn}", "arn:aws:iam::123456789012:role/nobody"),
        (
            ("✗", "Glue role: there is no role nobody", "infra/base.yaml"),
            ("✗", "Airflow's role may", "iam:PassRole to glue.amazonaws.com", "role/nobody"),
        ),
        skipped="Glue role may: only once 'Glue role' is right",
    ),
    "a role by the wrong path": Break(
        change_file(":role/acme-ml-base-GlueRole", ":role/team/acme-ml-base-GlueRole"),
        (
            ("✗", "Glue role: the role's ARN is", "environments/prod.yaml"),
            ("✗", "Airflow's role may", "iam:PassRole to glue.amazonaws.com"),
        ),
    ),
    "a Glue role that Glue may not take": Break(
        trust_only("GlueRoleArn", "ec2.amazonaws.com"),
        (("✗", "Glue role", "does not trust glue.amazonaws.com", "trust policy"),),
    ),
    "a SageMaker role that SageMaker may not take": Break(
        trust_only("SageMakerRoleArn", "glue.amazonaws.com"),
        (("✗", "SageMaker role", "does not trust sagemaker.amazonaws.com"),),
    ),
    "a role that only half of MWAA may take": Break(
        trust_only("MwaaRoleArn", "airflow.amazonaws.com"),
        (("✗", "Airflow's role", "does not trust airflow-env.amazonaws.com"),),
    ),
    "Airflow may not pass the roles": Break(
        deny("MwaaRoleArn", "iam:PassRole"),
        (
            (
                *("✗", "Airflow's role may", "may not iam:PassRole to glue.amazonaws.com on"),
                *("and 1 more", "allow, as infra/base.yaml does: iam:PassRole."),
            ),
        ),
    ),
    "Airflow may not update an endpoint": Break(
        deny("MwaaRoleArn", "sagemaker:UpdateEndpoint"),
        (("✗", "Airflow's role may", "may not sagemaker:UpdateEndpoint on", "endpoint/churn"),),
    ),
    "Airflow may not send alerts": Break(
        deny("MwaaRoleArn", "sns:*"), (("✗", "Airflow's role may", "sns:Publish on"),)
    ),
    "Glue jobs may not write": Break(
        deny("GlueRoleArn", "s3:PutObject"),
        (("✗", "Glue role may", "may not s3:PutObject on arn:aws:s3:::acme-ml-data-"),),
    ),
    "training may not read": Break(
        deny("SageMakerRoleArn", "s3:GetObject"),
        (("✗", "SageMaker role may", "may not s3:GetObject on arn:aws:s3:::acme-ml-data-"),),
    ),
    "no such subnet": Break(
        change_file("subnets: [", "subnets: [subnet-0a1b2c3d4e5f60718, "),
        (("✗", "Network of jobs: there is no subnet-0a1b2c3d4e5f60718", "infra/network.yaml"),),
    ),
    "a security group of another VPC": Break(
        breaks.other_vpc, (("✗", "Network of jobs", "are in several VPCs: vpc-"),)
    ),
    "a subnet that S3 cannot be reached from": Break(
        breaks.no_way_to_s3, (("!", "Network of jobs: from subnet-", "gateway endpoint"),), code=0
    ),
    "a disabled key": Break(
        breaks.disabled_key, (("✗", "Key: arn:aws:kms", "is Disabled", "aws kms enable-key"),)
    ),
    "a key that is about to go": Break(
        breaks.key_to_be_deleted,
        (("✗", "Key", "is PendingDeletion", "aws kms cancel-key-deletion"),),
    ),
    "no such key": Break(
        change_file(":key/", ":key/0000000"),
        (
            ("✗", "Key: there is no arn:aws:kms", "kms_key_arn in environments/prod.yaml"),
            ("✗", "Airflow's role may", "kms:"),
        ),
    ),
    "no topic": Break(
        breaks.no_topic, (("✗", "Topics: there is no arn:aws:sns", "infra/base.yaml"),)
    ),
    "a topic in another region": Break(
        change_file("arn:aws:sns:us-east-1", "arn:aws:sns:eu-west-1"),
        (
            ("✗", "Topics", "is in eu-west-1, not in us-east-1"),
            ("✗", "Airflow's role may", "sns:Publish"),
        ),
    ),
    "no MWAA environment yet": Break(
        change_file("environment: acme-ml\n", "environment: soon\n"),
        (("!", "MWAA environment: there is no soon yet", "infra/mwaa.yaml", "infra/README.md"),),
        code=0,
        skipped="MWAA files, Airflow's role, Airflow's role may, Airflow, DAG files: "
        "only once 'MWAA environment' is right",
    ),
    "no section mwaa": Break(
        change_file("mwaa:\n  environment: acme-ml\n  bucket: {MwaaBucket}\n", ""),
        (("✗", "MWAA environment: environments/prod.yaml has no section mwaa"),),
    ),
    "another version of Airflow": Break(
        other_environment(AirflowVersion="2.11.2"),
        (("✗", "MWAA environment: other has 2.11.2", "3.3.1", "mwaa.airflow_version"),),
    ),
    "another bucket": Break(
        other_environment(SourceBucketArn="arn:aws:s3:::somewhere"),
        (("✗", "MWAA environment: other has arn:aws:s3:::somewhere", "mwaa.bucket"),),
    ),
    "another folder of DAGs": Break(
        other_environment(DagS3Path="airflow/dags"),
        (("✗", "MWAA environment: other reads DAGs from airflow/dags", "DagS3Path"),),
    ),
    "an environment without requirements": Break(
        other_environment(RequirementsS3Path="", RequirementsS3ObjectVersion=""),
        (("✗", "MWAA files: other uses no requirements.txt", "RequirementsS3Path"),),
    ),
    "requirements that the environment does not use yet": Break(
        breaks.newer_requirements,
        (("!", "MWAA files", "uses an older requirements.txt", "pipelines deploy --env prod"),),
        code=0,
    ),
    "a startup script that is gone": Break(
        breaks.no_startup_script, (("✗", "MWAA files: startup.sh is not in the bucket"),)
    ),
    "an environment that is being made": Break(
        mwaa_says(Status="CREATING"),
        (
            ("!", "MWAA environment: acme-ml is CREATING", "half an hour"),
            ("!", "Airflow: it does not answer while the environment is CREATING"),
        ),
        code=0,
    ),
    "an environment that was not made": Break(
        mwaa_says(Status="CREATE_FAILED", LastUpdate={"Error": {"ErrorMessage": "no subnet"}}),
        (("✗", "MWAA environment: acme-ml is CREATE_FAILED: no subnet", "CloudFormation"),),
    ),
    "an update that failed": Break(
        mwaa_says(Status="AVAILABLE", LastUpdate={"Status": "FAILED"}),
        (("!", "MWAA environment: the last update of acme-ml failed", "as it was before"),),
        code=0,
    ),
    "a private web server": Break(
        mwaa_says(WebserverAccessMode="PRIVATE_ONLY"),
        (("?", "Airflow: its web server is private", "from inside"),),
        code=0,
        skipped="DAG files: only once 'Airflow' is right",
    ),
    "an Airflow that does not answer": Break(
        airflow_says("/api/v2/version", 502, {}),
        (("✗", "Airflow: does not answer (502)", "logs"),),
    ),
    "an Airflow that does not know you": Break(
        airflow_says("/api/v2/version", 403, {"detail": "Forbidden"}),
        (("?", "Airflow: it does not let you in (403)", "airflow:InvokeRestApi"),),
        code=0,
    ),
    "an Airflow without a triggerer": Break(
        airflow_says("/api/v2/monitor/health", 200, UNWELL),
        (("✗", "Airflow: its triggerer is not running"),),
    ),
    "an Airflow with an unhealthy DAG processor": Break(
        airflow_says(
            "/api/v2/monitor/health",
            200,
            {**UNWELL, "triggerer": HEALTHY, "dag_processor": {"status": "unhealthy"}},
        ),
        (("✗", "Airflow: its DAG processor is unhealthy"),),
    ),
    "DAG files that Airflow cannot import": Break(
        airflow_says("/api/v2/importErrors", 200, IMPORT_ERROR),
        (("✗", "DAG files: 2 import errors; pipeline_errors.py: ValueError: a\\x1b[31m", "lint"),),
    ),
    "an instance type that a fresh account has none of": Break(
        change_pipeline("ml.m5.large\n  hyper", "ml.p3.2xlarge\n  hyper"),
        (
            (
                *("✗", "SageMaker quotas: 0 ml.p3.2xlarge for training job usage"),
                *("the pipelines need 1", "request-service-quota-increase", "sagemaker"),
                *("--quota-code L-", "--desired-value 1 --region us-east-1"),
            ),
        ),
    ),
    "more instances than there may be": Break(
        change_pipeline("endpoint:\n", "endpoint:\n  instance_count: 5\n"),
        (("✗", "SageMaker quotas: 4 ml.m5.large for endpoint usage, and the pipelines need 5"),),
    ),
    "too few instances to update": Break(
        change_pipeline("endpoint:\n", "endpoint:\n  instance_count: 3\n"),
        (("!", "SageMaker quotas: 4 ml.m5.large for endpoint usage", "an update takes 6", "6"),),
        code=0,
    ),
    "no spot instances": Break(
        change_pipeline("ml.m5.large\n  hyper", "ml.m5.12xlarge\n  spot: {max_wait: 2h}\n  hyper"),
        (("✗", "SageMaker quotas: 0 ml.m5.12xlarge for spot training job usage"),),
    ),
    "a script that was changed": Break(
        breaks.other_script,
        (
            (
                "!",
                "Deployed: dags/glue_scripts/clean.py",
                "differ from here",
                "pipelines deploy --env prod",
            ),
        ),
        code=0,
    ),
    "a script that is gone": Break(
        breaks.no_script, (("!", "Deployed: glue_scripts/clean.py differs from here"),), code=0
    ),
    "nothing deployed yet, and no environment": Break(
        breaks.nothing_deployed,
        (
            ("!", "MWAA environment: there is no soon yet"),
            ("!", "Deployed: nothing yet", "`pipelines deploy --env prod`"),
        ),
        code=0,
    ),
    "a deploy at work": Break(
        breaks.deploy_at_work, (("!", "Deployed: another deploy is at work"),), code=0
    ),
    "a record of deploys that cannot be read": Break(
        breaks.damaged_record, (("✗", "Deployed: pipelines-deploy.json", "cannot be read"),)
    ),
    "somebody else's script": Break(
        breaks.script_of_somebody_else,
        (("✗", "Deployed: glue_scripts/mine.py in the place of ours", "Move it away"),),
    ),
}
