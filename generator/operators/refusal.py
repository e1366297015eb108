"""What the gate before production raises: its own exception, so that others can tell it apart."""

from __future__ import annotations

try:
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:  # before Airflow 3.2
    from airflow.exceptions import AirflowFailException  # type: ignore[no-redef]


class ModelRefusedError(AirflowFailException):
    """The model is not good enough; a retry would not change that."""
