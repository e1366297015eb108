"""The words of a notice: what SNS takes, and what an exception said."""

from __future__ import annotations

from typing import Any

try:
    from airflow.sdk.log import redact  # type: ignore[attr-defined]
except ImportError:  # before Airflow 3.2
    try:
        from airflow.sdk.execution_time.secrets_masker import redact  # type: ignore[no-redef]
    except ImportError:  # Airflow 2
        from airflow.utils.log.secrets_masker import (  # type: ignore[import-not-found, no-redef]
            redact,
        )

LONGEST_SUBJECT = 99
"""Characters of a subject, of ASCII: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

LONGEST_REASON = 3_000
"""Characters of a reason; what is in its middle goes first, as the end says most."""

UNKNOWN = (
    "its process ended without a word (it was killed, perhaps for want of memory), or somebody "
    "marked it as failed"
)


def reason_of(error: Any) -> str:
    """Return what an exception says, without the secrets that Airflow knows, in bounded length."""
    if not error or str(error).startswith("{'DAG Id'"):  # how Airflow 2 tells of a lost task
        return UNKNOWN
    kind = type(error).__name__
    kinds = {each.__name__ for each in type(error).__mro__}
    own = not kinds.isdisjoint({"AirflowException", "str"})
    text = str(error).strip() or kind
    text = str(redact(text if own or text == kind else f"{kind}: {text}"))
    if len(text) <= LONGEST_REASON:
        return text
    half = LONGEST_REASON // 2
    return f"{text[:half]}\n…\n{text[-half:]}"


def subject_of(text: str) -> str:
    """Return a subject that SNS takes."""
    printable = "".join(each if " " <= each <= "~" else "?" for each in text)
    return printable[:LONGEST_SUBJECT].strip() or "Pipeline"


def printable(text: str) -> str:
    """Return a text without control characters and halves of characters."""
    return "".join(each if each.isprintable() or each in "\n\t" else " " for each in text)
