"""Check: what `pipelines deploy` brings is in the buckets as it is here."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from generator.deployment.bucket import Bucket
from generator.deployment.bundle import (
    PLUGINS,
    REQUIREMENTS,
    IncompleteProjectError,
    make_bundle,
)
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, note, right, skipped, wrong
from generator.deployment.manifest import BusyError, ForeignManifestError, Manifest, Record
from generator.deployment.plan import PREFIXES, STEPS, Fate, Item, Plan, make_plan
from generator.deployment.wording import count

SUBJECT = "Deployed"
_MOST_NAMED = 2


def look(installation: Installation) -> Iterator[Result]:
    """Yield one result: a deploy's plan, in short."""
    advice = f"`pipelines deploy --env {installation.environment.name}`"
    try:
        before, plan = _plan(installation)
    except IncompleteProjectError as error:
        yield skipped(SUBJECT, str(error))
    except BusyError as error:
        yield note(SUBJECT, str(error), "Look again later.")
    except ForeignManifestError as error:
        yield wrong(SUBJECT, str(error), "A deploy refuses until then.")
    except ClientError as error:
        raise installation.account.refused("s3", error) from None
    else:
        yield _compared(before, plan, advice)


def _plan(installation: Installation) -> tuple[Manifest, Plan]:
    """Return what the last deploy has left, and what one would do now. Only reads."""
    s3, values = installation.account.client("s3"), installation.values
    buckets = {
        "mwaa": Bucket(s3, installation.mwaa["bucket"]),
        "artifacts": Bucket(s3, values["artifacts_bucket"]),
    }
    bundle = make_bundle(installation.project, installation.environment)
    before = Record(buckets["mwaa"]).read(bundle.environment, values["artifacts_bucket"])
    found = {part: buckets[part].objects(PREFIXES[part]) for part in PREFIXES}

    def read(part: str, key: str) -> bytes:
        content = buckets[part].read(key)
        return content.body if content else b""

    return before, make_plan(bundle, before, found, read)


def _compared(before: Manifest, plan: Plan, advice: str) -> Result:
    if conflicts := plan.of(Fate.CONFLICT):
        seen = f"{_named(conflicts)} in the place of ours: somebody else has put it there"
        return wrong(SUBJECT, seen, "Move it away, or rename yours: a deploy refuses until then.")
    # Without the wheels nobody can say what an offline deploy would bring.
    offline = (PLUGINS, REQUIREMENTS) if before.offline else ()
    steps = [item for item in plan.of(*STEPS) if item.key not in offline]
    if not steps:
        unchanged = len(plan.of(Fate.UNCHANGED))
        return right(SUBJECT, f"{count(unchanged, 'file')}, as they are here")
    if not any(before.objects.values()):
        return note(SUBJECT, "nothing yet", f"Bring it there: {advice}")
    verb = "differs" if len(steps) == 1 else "differ"
    return note(SUBJECT, f"{_named(steps)} {verb} from here", f"Bring it up to date: {advice}")


def _named(items: list[Item]) -> str:
    """Name the first items, and count the rest."""
    named = ", ".join(item.key for item in items[:_MOST_NAMED])
    rest = len(items) - _MOST_NAMED
    return f"{named} and {rest} more" if rest > 0 else named
