"""One call of an endpoint, and its answer."""

from __future__ import annotations

from dataclasses import dataclass

from generator.local.aws.account import ACCOUNT_ID, Account
from generator.local.aws.errors import AwsError


@dataclass(frozen=True)
class Invocation:
    """What InvokeEndpoint was asked; `variant` only where the caller chose one."""

    endpoint: str
    body: bytes
    content_type: str
    accept: str
    variant: str | None = None


@dataclass(frozen=True)
class Prediction:
    """What the model answered, and which production variant did."""

    body: bytes
    content_type: str
    variant: str


def model_error(account: Account, log: tuple[str, str], status: int, message: str) -> AwsError:
    """What InvokeEndpoint answers when the container answered `status`; `log` is where it logs."""
    group, stream = log
    region = account.region
    side = "client" if status < 500 else "server"
    return AwsError(
        "ModelError",
        f'Received {side} error ({status}) from primary with message "{message}". See '
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group={group} in account {ACCOUNT_ID} for more information.",
        status=424,
        OriginalStatusCode=status,
        OriginalMessage=message,
        LogStreamArn=account.arn("logs", f"log-group:{group}:log-stream:{stream}"),
    )
