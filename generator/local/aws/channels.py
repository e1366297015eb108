"""A training job's /opt/ml: its channels downloaded, its configuration written.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from generator.local.aws import objects

Request = dict[str, Any]


class MissingDataError(Exception):
    """The channel cannot be downloaded, for this FailureReason."""


def lay_out(s3: Any, region: str, request: Request, folder: Path) -> None:
    """Fills `folder` for the CreateTrainingJob `request`. Raises MissingDataError."""
    configuration = folder / "input" / "config"
    for part in (configuration, folder / "model", folder / "output"):
        part.mkdir(parents=True)
    for channel in request.get("InputDataConfig", []):
        target = folder / "input" / "data" / channel["ChannelName"]
        target.mkdir(parents=True)
        _download(s3, region, request["RoleArn"], channel, target)
    if "CheckpointConfig" in request:
        (folder / "checkpoints").mkdir()
        # Unlike a channel's, this URI is a folder, with or without the slash at its end.
        uri = request["CheckpointConfig"]["S3Uri"].rstrip("/") + "/"
        objects.download_prefix(s3, uri, folder / "checkpoints")
    for name, content in _configuration(request).items():
        (configuration / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def _download(s3: Any, region: str, role: str, channel: Request, folder: Path) -> None:
    source = channel.get("DataSource", {}).get("S3DataSource", {})
    if source.get("S3DataType") != "S3Prefix":
        raise MissingDataError(
            f"ClientError: channel {channel['ChannelName']}: only S3DataSource with S3DataType "
            "S3Prefix is emulated."
        )
    uri, more = source["S3Uri"], ""
    try:
        found = objects.download_prefix(s3, uri, folder)
    except ClientError as error:
        found, more = 0, f" Error message from S3: {error.response['Error']['Message']}"
    if not found:
        raise MissingDataError(
            f'ClientError: No S3 objects found under S3 URL "{uri}" given in input data source. '
            f"Please ensure that the bucket exists in the selected region ({region}), that objects "
            f'exist under that S3 prefix, and that the role "{role}" has "s3:ListBucket" '
            f'permissions on bucket "{objects.split_uri(uri)[0]}".{more}'
        )


def _configuration(request: Request) -> dict[str, Request]:
    mode = request["AlgorithmSpecification"].get("TrainingInputMode", "File")
    return {
        "hyperparameters": request.get("HyperParameters", {}),
        "inputdataconfig": {
            channel["ChannelName"]: {
                "TrainingInputMode": channel.get("InputMode", mode),
                "ContentType": channel.get("ContentType"),
            }
            for channel in request.get("InputDataConfig", [])
        },
        "resourceconfig": {"instance_count": request["ResourceConfig"].get("InstanceCount", 1)},
    }
