"""What `pipelines doctor` looks at, in the order in which a user would mend it."""

from __future__ import annotations

from generator.deployment.health import (
    airflow,
    buckets,
    credentials,
    deployed,
    mwaa,
    network,
    permissions,
    pipelines,
    quotas,
    roles,
)
from generator.deployment.health.examination import Check

_ACCOUNT = (credentials.SUBJECT,)

CHECKS = (
    Check(pipelines.SUBJECT, pipelines.look),
    Check(credentials.SUBJECT, credentials.look),
    Check(buckets.DATA, buckets.look_at_data, _ACCOUNT),
    Check(buckets.ARTIFACTS, buckets.look_at_artifacts, _ACCOUNT),
    Check(buckets.MWAA, buckets.look_at_mwaa, _ACCOUNT, on_aws=True),
    Check(roles.OF_GLUE, roles.look_at_glue, _ACCOUNT, on_aws=True),
    Check(permissions.OF_GLUE, permissions.look_at_glue, (roles.OF_GLUE,), on_aws=True),
    Check(roles.OF_SAGEMAKER, roles.look_at_sagemaker, _ACCOUNT, on_aws=True),
    Check(
        permissions.OF_SAGEMAKER, permissions.look_at_sagemaker, (roles.OF_SAGEMAKER,), on_aws=True
    ),
    Check(network.NETWORK, network.look_at_network, _ACCOUNT),
    Check(network.KEY, network.look_at_key, _ACCOUNT),
    Check(network.TOPICS, network.look_at_topics, _ACCOUNT),
    Check(quotas.GLUE, quotas.look_at_glue, _ACCOUNT),
    Check(quotas.SAGEMAKER, quotas.look_at_sagemaker, _ACCOUNT),
    Check(mwaa.SUBJECT, mwaa.look, _ACCOUNT),
    Check(mwaa.FILES, mwaa.look_at_files, (mwaa.SUBJECT, buckets.MWAA), on_aws=True),
    Check(roles.OF_AIRFLOW, roles.look_at_airflow, (mwaa.SUBJECT,), on_aws=True),
    Check(permissions.OF_AIRFLOW, permissions.look_at_airflow, (roles.OF_AIRFLOW,), on_aws=True),
    Check(airflow.AIRFLOW, airflow.look, (mwaa.SUBJECT,)),
    Check(airflow.IMPORTS, airflow.look_at_imports, (airflow.AIRFLOW,)),
    Check(deployed.SUBJECT, deployed.look, (buckets.ARTIFACTS, buckets.MWAA), on_aws=True),
)
