"""Check: there are credentials, AWS takes them, and they are of the environment's account."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from generator.deployment.aws_client import endpoint_url
from generator.deployment.health.account import ForeignAnswerError
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, right, wrong

SUBJECT = "Credentials"

_SIGN_IN = "Sign in (`aws sso login`), or name a profile with AWS_PROFILE."
_NONE = (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)
_SESSION = (
    exceptions.SSOError,
    exceptions.SSOTokenLoadError,
    exceptions.TokenRetrievalError,
    exceptions.UnauthorizedSSOTokenError,
    exceptions.CredentialRetrievalError,
)
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_REFUSED = (
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
    *("SignatureDoesNotMatch", "IncompleteSignature", "AuthFailure", "InvalidToken"),
)


def look(installation: Installation) -> Iterator[Result]:
    """Yield one result; without credentials nothing else can be looked at."""
    try:
        caller = installation.account.ask("sts", "get_caller_identity")
        if "Account" not in caller:
            raise ForeignAnswerError
    except (BotoCoreError, ClientError, ForeignAnswerError, EOFError) as error:
        yield wrong(SUBJECT, *_explained(error, installation), stops=True)
        return
    yield _compared(caller["Account"], caller["Arn"], installation)


def _compared(account: str, arn: str, installation: Installation) -> Result:
    roles = {
        installation.values[name].split(":")[4]: name
        for name in ("glue_role_arn", "sagemaker_role_arn")
    }
    if len(roles) > 1:
        seen = f"the roles in {installation.file} are of two accounts: {' and '.join(roles)}"
        return wrong(SUBJECT, seen, "Airflow can pass only roles of its own account.", stops=True)
    if account not in roles:
        [expected] = roles
        seen = f"these are of account {account}, the roles in {installation.file} of {expected}"
        advice = f"Choose a profile of account {expected} with AWS_PROFILE, or correct the file."
        return wrong(SUBJECT, seen, advice, stops=True)
    return right(SUBJECT, f"account {account}, {arn}")


def _explained(error: Exception, installation: Installation) -> tuple[str, str]:
    """Return what is wrong and what to do."""
    if isinstance(error, ClientError):
        if error.response["Error"]["Code"].isdigit():  # no code of AWS, but an HTTP status
            return _silence(ForeignAnswerError(), installation)
        return _refusal(error)
    if isinstance(error, EOFError):
        return "your profile asks for an MFA code, and nobody can type one here", _SIGN_IN
    if isinstance(error, _NONE):
        return "there are none", _SIGN_IN
    if isinstance(error, exceptions.ProfileNotFound):
        return str(error), "`aws configure list-profiles` lists those there are."
    if isinstance(error, _SESSION):
        return "your session has ended or was never there", _SIGN_IN
    return _silence(error, installation)


def _refusal(error: ClientError) -> tuple[str, str]:
    code, message = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
    if code in _EXPIRED:
        return "they have expired", _SIGN_IN
    if "Signature expired" in message or "not yet current" in message:
        return "AWS's clock and yours differ", "Set the clock of this machine."
    if code in _REFUSED:
        return f"AWS does not know them ({code})", _SIGN_IN
    return f"AWS answered {code}: {message}", _SIGN_IN


def _silence(error: Exception, installation: Installation) -> tuple[str, str]:
    region = installation.account.region
    url = endpoint_url()
    if isinstance(error, ForeignAnswerError):
        seen = f"what answers at {url or 'its address'} is not AWS"
        return seen, "Look at AWS_ENDPOINT_URL, and at your proxy (HTTPS_PROXY)."
    if url:
        return (
            f"nothing answers at {url}",
            "Start `pipelines aws` again, or unset AWS_ENDPOINT_URL.",
        )
    if region not in _regions():
        return f"AWS has no region {region}", f"Correct `region` in {installation.file}."
    seen = f"AWS cannot be reached in {region}: {error}"
    return seen, "Look at the network, and at the proxy if you need one (HTTPS_PROXY)."


def _regions() -> set[str]:
    session = boto3.session.Session()
    partitions = session.get_available_partitions()
    return {name for each in partitions for name in session.get_available_regions("sts", each)}
