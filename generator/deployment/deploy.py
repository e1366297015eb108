"""`pipelines deploy`: brings S3, and with it MWAA, to what the project says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from generator.deployment import mwaa_update
from generator.deployment.aws_client import config, endpoint_url
from generator.deployment.bucket import Bucket, ConcurrentDeploymentError
from generator.deployment.bundle import Bundle
from generator.deployment.mwaa_update import DURATION, MwaaEnvironment
from generator.deployment.plan import Plan, carry_out, describe, make_plan
from generator.environment import Environment

_ATTEMPTS = 4


class DeployError(Exception):
    """AWS refuses, or somebody else deploys; the text says what to do."""


class Deployment:
    """One bundle and the places that it goes to."""

    def __init__(self, bundle: Bundle, environment: Environment) -> None:
        self._bundle = bundle
        self._values = environment.values
        session = boto3.Session(region_name=self._values["region"])
        s3 = session.client("s3", config=config(_ATTEMPTS))
        self._mwaa = session.client("mwaa", config=config(_ATTEMPTS))
        self._bucket = Bucket(s3, self._values["mwaa"]["bucket"])
        self._artifacts = Bucket(s3, self._values["artifacts_bucket"])

    def run(self, console: Console, dry_run: bool) -> bool:
        """Print the plan and, unless ``dry_run``, carry it out; False where a part must wait.

        Raises DeployError.
        """
        with _explained():
            # Scripts first: a pipeline may ask for them as soon as it is there.
            plans = [
                make_plan(self._artifacts, self._bundle.artifacts),
                make_plan(self._bucket, self._bundle.mwaa),
            ]
            found = mwaa_update.find(self._mwaa, self._values["mwaa"]["environment"])
            for line in [*_lines(plans), *self._about_mwaa(found, plans[1])]:
                console.print(line, markup=False)
            if dry_run:
                console.print("\nNothing was changed (--dry-run).")
                return True
            _carry_out(plans, console)
            return self._update(found, console)

    def _about_mwaa(self, found: MwaaEnvironment, plan: Plan) -> Iterator[str]:
        if found.status is None:
            how = "infra/README.md says how to create it"
            yield f"MWAA environment {found.name}: not there yet; {how}"
            return
        keys = mwaa_update.settings(self._bundle.mwaa)
        waiting = {key for key in keys if key in plan.uploads}
        waiting |= set(mwaa_update.outdated(found, self._bucket, keys).values()) & set(keys)
        if waiting:
            names = " and ".join(sorted(waiting))
            yield f"MWAA environment {found.name}: takes the new {names}: {DURATION}"

    def _update(self, found: MwaaEnvironment, console: Console) -> bool:
        """Have MWAA take what it reads only when it is updated; False while it cannot."""
        keys = mwaa_update.settings(self._bundle.mwaa)
        parameters = mwaa_update.outdated(found, self._bucket, keys) if found.status else {}
        if not parameters:
            return True
        if not found.ready:
            console.print(
                f"MWAA environment {found.name} is {found.status}; call `pipelines deploy` again "
                "when it is AVAILABLE, so that it takes the new settings.",
                markup=False,
            )
            return False
        self._mwaa.update_environment(Name=found.name, **parameters)
        console.print(f"MWAA environment {found.name} is being updated: {DURATION}.", markup=False)
        return True


def _lines(plans: list[Plan]) -> Iterator[str]:
    for plan in plans:
        yield from describe(plan)


def _carry_out(plans: list[Plan], console: Console) -> None:
    if all(plan.empty for plan in plans):
        console.print("\nEverything is deployed already.")
        return
    started = time.monotonic()
    with console.status("Deploying") as status:
        for plan in plans:
            carry_out(plan, status.update)
    seconds = time.monotonic() - started
    console.print(f"\nDeployed in {seconds:.0f} s. MWAA copies the dags folder every 30 seconds.")


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what AWS says into one sentence for a person."""
    try:
        yield
    except ConcurrentDeploymentError:
        message = "somebody else has deployed since this plan was made; call it again"
        raise DeployError(message) from None
    except ClientError as error:
        raise DeployError(_sentence(error)) from None
    except BotoCoreError as error:
        where = f" at {endpoint_url()}" if endpoint_url() else ""
        raise DeployError(f"cannot reach AWS{where}: {error}") from None


def _sentence(error: ClientError) -> str:
    code, message = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
    if code == "NoSuchBucket":
        bucket = error.response["Error"].get("BucketName", "")
        return f"there is no bucket {bucket}; `pipelines doctor` says what an account needs"
    return f"AWS refuses {error.operation_name}: {message or code} ({code})"
