"""The definition of a Glue job: made where it is missing, changed only where it differs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

Definition = dict[str, Any]

RACES = frozenset(
    {
        "AlreadyExistsException",
        "IdempotentParameterMismatchException",
        "ConcurrentModificationException",
        "EntityNotFoundException",
    }
)
"""What Glue answers when somebody else, or our own repeated request, was there first."""

ATTEMPTS = 6
PAUSE = 1.0
"""Seconds before the definition is read again; doubled each time."""

# Whatever CreateJob alone takes: https://docs.aws.amazon.com/glue/latest/webapi/API_JobUpdate.html
_NOT_UPDATED = ("Name", "Tags")
# Members that Glue leaves empty unless somebody sets them: one that we no longer send must go.
# Others, such as Timeout, come back filled in with a default of Glue's.
_EMPTY_BY_DEFAULT = (
    "Connections",
    "DefaultArguments",
    "LogUri",
    "MaintenanceWindow",
    "NonOverridableArguments",
    "NotificationProperty",
    "SecurityConfiguration",
)
# Tags that AWS itself sets; nobody may remove them.
_AWS_TAG = "aws:"

_log = logging.getLogger(__name__)


def apply(glue: Any, wanted: Definition, arn: Callable[[], str]) -> bool:
    """Make the job as ``wanted``, a CreateJob request; return whether it had to be created.

    UpdateJob is sent only where what is there differs from what would be sent, so that a run
    leaves no trace in a definition that is right, and its tags follow in requests of their own:
    UpdateJob takes none (https://github.com/apache/airflow/pull/68711). ``arn`` gives the job's
    ARN; it is asked for only where there are tags. Raises botocore's ClientError.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _apply(glue, wanted, arn)
        except ClientError as error:
            if error_code(error) not in RACES or attempt == ATTEMPTS:
                raise
            _log.info("Glue job %s was being changed: %s", wanted["Name"], error)
            time.sleep(PAUSE * 2 ** (attempt - 1))
    raise AssertionError("unreachable")


def changes(wanted: Definition, current: Definition) -> Definition:
    """Return what ``wanted`` has that ``current``, as GetJob describes it, has not.

    A member of Command or ExecutionProperty that we do not send is Glue's default; arguments are
    compared as a whole, because one that is gone must not be passed on.
    """
    found = {
        key: value
        for key, value in wanted.items()
        if key not in _NOT_UPDATED and not _same(key, value, current.get(key))
    }
    gone = {key: None for key in _EMPTY_BY_DEFAULT if current.get(key) and key not in wanted}
    return {**found, **gone}


def error_code(error: ClientError) -> str:
    """Return ``EntityNotFoundException`` and the like."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _apply(glue: Any, wanted: Definition, arn: Callable[[], str]) -> bool:
    name = wanted["Name"]
    try:
        current = glue.get_job(JobName=name)["Job"]
    except glue.exceptions.EntityNotFoundException:
        glue.create_job(**wanted)
        _log.info("Created Glue job %s", name)
        return True
    if differing := changes(wanted, current):
        update = {key: value for key, value in wanted.items() if key not in _NOT_UPDATED}
        glue.update_job(JobName=name, JobUpdate=update)
        _log.info("Updated Glue job %s: %s", name, ", ".join(sorted(differing)))
    if "Tags" in wanted:
        _tag(glue, wanted["Tags"], arn())
    return False


def _same(key: str, wanted: Any, current: Any) -> bool:
    if key in ("Command", "ExecutionProperty") and isinstance(current, Mapping):
        return all(current.get(member) == value for member, value in wanted.items())
    # An empty mapping or list and none at all are the same definition.
    return bool(wanted == current or (not wanted and not current and key in _EMPTY_BY_DEFAULT))


def _tag(glue: Any, wanted: Mapping[str, str], arn: str) -> None:
    """Bring the tags up to date; a role that may not do so costs no run, only a warning."""
    try:
        current = glue.get_tags(ResourceArn=arn)["Tags"]
        added = {key: value for key, value in wanted.items() if current.get(key) != value}
        gone = [key for key in current if key not in wanted and not key.startswith(_AWS_TAG)]
        if added:
            glue.tag_resource(ResourceArn=arn, TagsToAdd=added)
        if gone:
            glue.untag_resource(ResourceArn=arn, TagsToRemove=gone)
    except ClientError as error:
        if error_code(error) not in ("AccessDeniedException", "AccessDenied"):
            raise
        _log.warning("The tags of %s stay as they are: %s", arn, error)
