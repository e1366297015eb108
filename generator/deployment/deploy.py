"""`pipelines deploy`: compares, prints the plan, carries it out, and tells MWAA."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from generator.deployment.aws_client import ENDPOINT_VARIABLE, config, endpoint_url
from generator.deployment.bucket import Bucket, Version
from generator.deployment.bundle import PLUGINS, Bundle
from generator.deployment.health import CHECKS, buckets, credentials, mwaa
from generator.deployment.health.account import Account, DeniedError
from generator.deployment.health.examination import examine
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Level
from generator.deployment.local_buckets import make_local_buckets
from generator.deployment.manifest import BusyError, ForeignManifestError, Manifest, Record
from generator.deployment.mwaa_update import MwaaEnvironment, parameters
from generator.deployment.plan import FILES, PREFIXES, STEPS, Fate, Plan, make_plan
from generator.deployment.plan_text import conflict_lines, plan_lines
from generator.deployment.transfer import carry_out
from generator.environment import Environment
from generator.project import Project

_NEEDED = (credentials.SUBJECT, buckets.ARTIFACTS, buckets.MWAA, mwaa.SUBJECT)
"""What the doctor must have nothing against; the rest can be mended later."""

_TRIES = 5


class RefusedError(Exception):
    """It cannot be deployed now; each line of the text says why, and what to do."""


class NotThereError(Exception):
    """The emulated AWS does not run; the text says how to start it."""


def deploy(project: Project, environment: Environment, bundle: Bundle, dry_run: bool) -> int:
    """Bring a bundle to the environment's buckets, and return the exit code.

    It is 1 where MWAA could not be told of what was uploaded. Raises RefusedError and
    NotThereError.
    """
    account = Account(environment.values["region"])
    installation = Installation(project, environment, (), account)
    if installation.imaginary and not endpoint_url():
        raise NotThereError(
            f"environment '{environment.name}' is on the emulated AWS: start `pipelines aws`, "
            f"export what it prints ({ENDPOINT_VARIABLE} and more), and deploy again"
        )
    with closing(account), _explained():
        return _Deployment(installation, bundle).run(dry_run)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what AWS says into one sentence for a person."""
    try:
        yield
    except (BusyError, ForeignManifestError) as error:
        raise RefusedError(str(error)) from None
    except ClientError as error:
        said = error.response["Error"]
        reason = f"{said.get('Message') or said.get('Code')} ({said.get('Code')})"
        raise RefusedError(
            f"AWS refuses {error.operation_name}: {reason}; once that is mended, deploy again"
        ) from None
    except BotoCoreError as error:
        raise RefusedError(f"AWS does not answer: {error}") from None


class _Deployment:
    """One bundle on its way to an account."""

    def __init__(self, installation: Installation, bundle: Bundle) -> None:
        self._installation, self._bundle = installation, bundle
        region = installation.account.region
        # More patient than the doctor, who has lost nothing yet.
        self._s3 = boto3.client("s3", region_name=region, config=config(_TRIES))
        self._buckets = {
            "mwaa": Bucket(self._s3, installation.mwaa["bucket"]),
            "artifacts": Bucket(self._s3, installation.values["artifacts_bucket"]),
        }

    def run(self, dry_run: bool) -> int:
        """Print the plan and, unless ``dry_run``, carry it out; return the exit code."""
        self._look()
        record = Record(self._buckets["mwaa"])
        before = record.read(self._bundle.environment, self._buckets["artifacts"].name)
        plan = self._plan(before)
        changed = {item.key for item in plan.of(Fate.UPLOAD, Fate.UPDATE)} & set(FILES)
        environment = self._environment()
        intent = environment.intent({*changed, *environment.outdated(self._newest())})
        for line in filter(None, [*plan_lines(plan, self._buckets), intent]):
            print(line, flush=True)
        if dry_run:
            print("nothing was changed (--dry-run)")
            return 0
        self._carry_out(plan, before, record)
        return self._tell(environment, changed)

    def _look(self) -> None:
        """Raise RefusedError if the doctor finds something wrong that a deploy needs."""
        self._refuse_wrong((credentials.SUBJECT,))
        if self._installation.local and self._installation.imaginary:
            make_local_buckets(self._s3, self._installation.values)
        self._refuse_wrong(_NEEDED)

    def _refuse_wrong(self, subjects: Collection[str]) -> None:
        checks = [check for check in CHECKS if check.subject in subjects]
        results = [each for found in examine(checks, self._installation) for each in found]
        wrong = [each for each in results if each.level is Level.WRONG]
        if wrong:
            lines = (f"{each.subject}: {each.seen}. {each.advice}" for each in wrong)
            raise RefusedError("\n".join(lines))

    def _plan(self, before: Manifest) -> Plan:
        found = {part: self._buckets[part].objects(PREFIXES[part]) for part in PREFIXES}
        stays = PLUGINS in found["mwaa"] and PLUGINS not in self._bundle.mwaa
        if before.offline and stays:
            bucket = self._buckets["mwaa"].name
            raise RefusedError(
                "the last deploy was --offline, for a network without internet: use it again, or, "
                f"if there is internet now, delete {PLUGINS} from {bucket} first"
            )
        plan = make_plan(self._bundle, before, found, self._read)
        if conflicts := list(conflict_lines(plan, self._buckets)):
            advice = "Nothing of others is overwritten: move it away, or rename yours."
            raise RefusedError("\n".join([*conflicts, advice]))
        return plan

    def _read(self, part: str, key: str) -> bytes:
        """Return what an object holds, nothing where we may not read: then it counts as another."""
        try:
            content = self._buckets[part].read(key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.FORBIDDEN:
                raise
            return b""
        return content.body if content else b""

    def _carry_out(self, plan: Plan, before: Manifest, record: Record) -> None:
        if plan.of(*STEPS):
            started = time.monotonic()
            carry_out(plan, self._buckets, record)
            seconds = time.monotonic() - started
            print(f"deployed in {seconds:.0f} s; MWAA copies dags/ every 30 s")
        elif plan.done != before:
            record.write(plan.done)

    def _environment(self) -> MwaaEnvironment:
        name = self._installation.mwaa["environment"]
        try:
            return MwaaEnvironment(name, mwaa.environment(self._installation))
        except mwaa.AbsentError:
            return MwaaEnvironment(name, None, local=self._installation.local)
        except DeniedError as error:
            return MwaaEnvironment(name, None, error.action)

    def _newest(self) -> dict[str, Version]:
        bucket = self._buckets["mwaa"]
        versions = {name: bucket.newest(name) for name in FILES if name in self._bundle.mwaa}
        return {name: version for name, version in versions.items() if version is not None}

    def _tell(self, environment: MwaaEnvironment, changed: set[str]) -> int:
        """Have MWAA take what it only takes when it is told to; return the exit code."""
        newest = self._newest()
        names = changed if environment.denied else environment.outdated(newest)
        if not names:
            return 0
        if environment.denied or not environment.ready:
            print(environment.advice(names))
            return int(bool(changed))
        client = self._installation.account.client("mwaa")
        client.update_environment(Name=environment.name, **parameters(names, newest))
        print(f"{environment} is being updated")
        return 0
