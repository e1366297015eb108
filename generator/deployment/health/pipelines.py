"""Check: the pipelines have no errors in this environment."""

from __future__ import annotations

from collections.abc import Iterator

from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Result, note, right, wrong

SUBJECT = "Pipelines"


def look(installation: Installation) -> Iterator[Result]:
    """Yield one result."""
    verdicts, name = installation.verdicts, installation.environment.name
    broken = [verdict for verdict in verdicts if verdict.has_errors]
    if broken:
        seen = f"{len(broken)} of {len(verdicts)} {'has' if len(broken) == 1 else 'have'} errors"
        yield wrong(SUBJECT, seen, f"`pipelines lint --env {name}` shows them.")
    elif not verdicts:
        yield note(SUBJECT, "there are none", "`pipelines new NAME` writes one to start from.")
    else:
        yield right(SUBJECT, f"{len(verdicts)}, without errors")
