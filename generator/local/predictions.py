"""Asks a new endpoint about rows that training has not seen."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from typing import Any
from urllib.parse import urlsplit

import xgboost
from botocore.exceptions import ClientError

from generator.local.account_setup import Clients

_ROWS_PER_CLASS = 3
_MOST_ROWS = 10
_MOST_FEATURES = 3


def predict(endpoint: str, validation: str, model: str, clients: Clients) -> list[dict[str, Any]]:
    """Return predictions for a few rows of each class, beside the truth.

    ``validation`` is the S3 prefix of the CSV (label first), ``model`` the S3 URI of the artifact,
    from which the features that matter most are read.
    """
    chosen: dict[str, list[tuple[int, list[str]]]] = {}
    for number, row in enumerate(_rows(validation, clients["s3"]), start=1):
        rows = chosen.setdefault(row[0], [])
        if len(rows) < _ROWS_PER_CLASS:
            rows.append((number, row))
    few = [entry for label in sorted(chosen, reverse=True) for entry in chosen[label]]
    names = _feature_names(validation, clients["s3"])
    shown = _most_important(model, names, clients["s3"]) if names else {}
    return [_prediction(endpoint, entry, shown, clients) for entry in few[:_MOST_ROWS]]


def _prediction(
    endpoint: str, entry: tuple[int, list[str]], shown: dict[str, int], clients: Clients
) -> dict[str, Any]:
    number, (label, *features) = entry
    payload = ",".join(features)
    answer = clients["sagemaker-runtime"].invoke_endpoint(
        EndpointName=endpoint, ContentType="text/csv", Accept="text/csv", Body=payload
    )
    text = answer["Body"].read().decode().strip()
    return {
        "row": number,
        "prediction": float(text) if "," not in text else text,
        "truth": float(label),
        "features": {name: features[index] for name, index in shown.items()},
        "payload": payload,
    }


def _rows(uri: str, s3: Any) -> list[list[str]]:
    bucket, prefix = _location(uri)
    objects = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    for entry in objects:
        text = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().decode()
        if rows := list(csv.reader(io.StringIO(text))):
            return rows
    return []


def _feature_names(validation: str, s3: Any) -> list[str]:
    """Return the feature columns, where the Glue script wrote them beside the data."""
    bucket, prefix = _location(validation)
    key = prefix.rstrip("/").rpartition("/")[0] + "/metadata/columns.json"
    try:
        columns = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except (ClientError, ValueError):
        return []
    return columns if isinstance(columns, list) else []


def _most_important(model: str, names: list[str], s3: Any) -> dict[str, int]:
    """Return the features that the trees gain most from, with their column numbers."""
    bucket, key = _location(model)
    archive = io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    with tarfile.open(fileobj=archive) as files:
        member = files.extractfile("xgboost-model")
        booster = xgboost.Booster()
        try:
            booster.load_model(bytearray(member.read() if member else b""))
            gains: dict[str, Any] = booster.get_score(importance_type="total_gain")
        except xgboost.core.XGBoostError:  # an older container's format, or no trees
            return {}
    ranked = sorted(gains, key=lambda feature: (-gains[feature], feature))
    columns = [int(feature.removeprefix("f")) for feature in ranked[:_MOST_FEATURES]]
    return {names[column]: column for column in columns if column < len(names)}


def _location(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.netloc, parts.path.lstrip("/")
