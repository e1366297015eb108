"""Check: the MWAA environment is there, and as its file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from generator.airflow_version import NEWEST
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, note, right, wrong

SUBJECT, FILES = "MWAA environment", "MWAA files"

_GONE = ("CREATE_FAILED", "DELETING", "DELETED", "UNAVAILABLE")
_FILES = {
    "requirements.txt": ("RequirementsS3Path", "RequirementsS3ObjectVersion"),
    "startup.sh": ("StartupScriptS3Path", "StartupScriptS3ObjectVersion"),
    "plugins.zip": ("PluginsS3Path", "PluginsS3ObjectVersion"),
}
_OPTIONAL = ("plugins.zip",)
"""Only what is offline, or hands waiting tasks to the triggerer, needs it."""


class AbsentError(Exception):
    """There is no such MWAA environment."""


def environment(installation: Installation) -> Mapping[str, Any]:
    """Return what MWAA says about the environment. Raises AbsentError."""
    try:
        answer = installation.account.ask(
            "mwaa", "get_environment", Name=installation.mwaa["environment"]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise AbsentError from None
    found: Mapping[str, Any] = answer["Environment"]
    return found


def look(installation: Installation) -> Iterator[Result]:
    """Yield what is not right, or one result that all is."""
    if not installation.mwaa:
        seen = f"{installation.file} has no section mwaa"
        advice = "Add it with `environment` and `bucket`; schemas/environment.schema.json has more."
        yield wrong(SUBJECT, seen, advice, stops=True)
        return
    try:
        found = environment(installation)
    except AbsentError:
        seen = f"there is no {installation.mwaa['environment']} yet"
        yield note(SUBJECT, seen, _how_to_make(installation), stops=True)
        return
    results = [*_status(found), *_settings(installation, found)]
    facts = f"{found['Name']}, Airflow {found['AirflowVersion']}, {found['Status']}"
    yield from results or [right(SUBJECT, f"{facts}, web server {found['WebserverAccessMode']}")]


def _how_to_make(installation: Installation) -> str:
    if installation.local:
        return "`pipelines ui` starts its Airflow."
    return "infra/mwaa.yaml makes it: see infra/README.md."


def _status(found: Mapping[str, Any]) -> Iterator[Result]:
    status, update = found["Status"], found.get("LastUpdate", {})
    error = update.get("Error", {}).get("ErrorMessage", "")
    reason = f": {error}" if error else ""
    if status in _GONE:
        advice = "Its stack's events in CloudFormation, and its logs in CloudWatch, tell why."
        yield wrong(SUBJECT, f"{found['Name']} is {status}{reason}", advice, stops=True)
    elif status != "AVAILABLE":
        advice = "That can take half an hour; look again then."
        yield note(SUBJECT, f"{found['Name']} is {status}{reason}", advice)
    elif update.get("Status") == "FAILED":
        seen = f"the last update of {found['Name']} failed{reason}"
        yield note(SUBJECT, seen, "It goes on as it was before; mend the reason and update again.")


def _settings(installation: Installation, found: Mapping[str, Any]) -> Iterator[Result]:
    version = installation.mwaa.get("airflow_version", NEWEST.name)
    bucket = installation.place.bucket(installation.mwaa["bucket"])
    wanted = {
        "AirflowVersion": ("mwaa.airflow_version", version),
        "SourceBucketArn": ("mwaa.bucket", bucket),
    }
    for key, (name, value) in wanted.items():
        if found[key] != value:
            seen = f"{found['Name']} has {found[key]}, {installation.file} {value}"
            yield wrong(SUBJECT, seen, f"Correct {name} there, or update the environment.")
    if found["DagS3Path"].strip("/") != "dags":
        seen = f"{found['Name']} reads DAGs from {found['DagS3Path']}, not from dags"
        yield wrong(SUBJECT, seen, "Set its DagS3Path to dags, as infra/mwaa.yaml does.")


def look_at_files(installation: Installation) -> Iterator[Result]:
    """Whether the environment uses requirements.txt and startup.sh, and the newest of each.

    MWAA goes on with the versions that it was told to use, whatever is uploaded later.
    """
    found = environment(installation)
    results = list(_files(installation, found))
    used = [name for name, (path, _) in _FILES.items() if found.get(path)]
    yield from results or [right(FILES, f"the newest {' and '.join(used)} in use")]


def _files(installation: Installation, found: Mapping[str, Any]) -> Iterator[Result]:
    for name, (path_key, version_key) in _FILES.items():
        path = found.get(path_key)
        if not path and name in _OPTIONAL:
            continue
        if not path:
            seen = f"{found['Name']} uses no {name}"
            yield wrong(FILES, seen, f"Set its {path_key} to {name}, as infra/mwaa.yaml does.")
            continue
        newest = _newest_version(installation, path)
        if newest is None:
            seen = f"{path} is not in the bucket {installation.mwaa['bucket']}"
            yield wrong(FILES, seen, _deploy(installation))
        elif found.get(version_key) not in (None, newest):
            seen = f"{found['Name']} uses an older {name} than the bucket has"
            yield note(FILES, seen, _deploy(installation))


def _newest_version(installation: Installation, key: str) -> str | None:
    try:
        head = installation.account.ask(
            "s3", "head_object", Bucket=installation.mwaa["bucket"], Key=key
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NoSuchBucket"):
            raise
        return None
    return str(head.get("VersionId", "null"))


def _deploy(installation: Installation) -> str:
    return f"Bring it there: `pipelines deploy --env {installation.environment.name}`"
