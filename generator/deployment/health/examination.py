"""Runs checks side by side; what one rests on that failed, it is skipped for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread

from botocore.exceptions import BotoCoreError, ClientError

from generator.deployment.health.account import DeniedError, ForeignAnswerError
from generator.deployment.health.installation import Installation
from generator.deployment.health.result import Level, Result, skipped, unknown


@dataclass(frozen=True)
class Check:
    """``look`` yields results about ``subject``; ``needs`` are the subjects it rests on.

    ``on_aws`` tells that the emulated AWS gets along without it.
    """

    subject: str
    look: Callable[[Installation], Iterator[Result]]
    needs: tuple[str, ...] = ()
    on_aws: bool = False


def examine(checks: Sequence[Check], installation: Installation) -> Iterator[list[Result]]:
    """Yield what each check has found, in their order, each as soon as those before it are done.

    A check must come after those that it needs.
    """
    found: dict[str, Future[list[Result]]] = {}
    for check in checks:
        needed = [found[subject] for subject in check.needs]
        found[check.subject] = _started(check, needed, installation)
    for future in found.values():
        yield future.result()


def _started(
    check: Check, needed: list[Future[list[Result]]], installation: Installation
) -> Future[list[Result]]:
    done: Future[list[Result]] = Future()

    def work() -> None:
        try:
            results = [result for each in needed for result in each.result()]
            done.set_result(_look(check, results, installation))
        except BaseException as error:  # raised again by whoever asks for the results
            done.set_exception(error)

    # One that Ctrl-C does not wait for.
    Thread(target=work, daemon=True).start()
    return done


def _look(check: Check, needed: list[Result], installation: Installation) -> list[Result]:
    if check.on_aws and installation.local:
        return [skipped(check.subject, "the emulated AWS does without")]
    stopping = [result for result in needed if result.stops]
    if stopping:
        return [skipped(check.subject, _reason(stopping[0]))]
    found: list[Result] = []
    try:
        for result in check.look(installation):
            found.append(result)  # noqa: PERF402 - what came before an error counts
    except DeniedError as error:
        seen = f"you may not look: {error.action} is missing"
        advice = f"Let a policy of yours allow {error.action}."
        found.append(unknown(check.subject, seen, advice))
    except ClientError as error:
        answer = error.response["Error"]
        seen = f"AWS answered {answer.get('Code')}: {answer.get('Message', '')}"
        found.append(unknown(check.subject, seen, "Look again later."))
    except (BotoCoreError, ForeignAnswerError) as error:
        found.append(unknown(check.subject, f"no answer: {error}", "Look again later."))
    return found


def _reason(stopping: Result) -> str:
    """Say what must be mended first: what a skipped check waits for, not that it was skipped."""
    if stopping.level is Level.SKIPPED:
        return stopping.seen
    return f"only once '{stopping.subject}' is right"
