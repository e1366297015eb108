"""Models, configurations and calls that the tests of emulated endpoints share."""

from __future__ import annotations

import itertools

from example_jobs import IMAGE, ROLE, wait_for

ROW = "1,2,3,4,5"
_numbers = itertools.count(1)


def create_model(aws, url, **container):
    name = f"model-{next(_numbers)}"
    container = {"Image": IMAGE, "ModelDataUrl": url, **container}
    aws.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    return name


def create_config(aws, *models, capture=None, **changes):
    name = f"config-{next(_numbers)}"
    variants = [
        {
            "VariantName": f"Variant{number}",
            "ModelName": model,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1.0,
            **changes,
        }
        for number, model in enumerate(models, 1)
    ]
    more = {"DataCaptureConfig": capture} if capture else {}
    aws.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=variants, **more
    )
    return name


def settle(aws, name):
    return wait_for(
        lambda: aws.sagemaker.describe_endpoint(EndpointName=name),
        lambda endpoint: endpoint["EndpointStatus"] not in ("Creating", "Updating", "RollingBack"),
    )


def invoke(aws, name, body=ROW, **more):
    request = {"ContentType": "text/csv", "Body": body.encode(), **more}
    answer = aws.runtime.invoke_endpoint(EndpointName=name, **request)
    return answer["Body"].read().decode()
