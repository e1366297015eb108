"""A plan as text: what will be done, object by object, and what will not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from generator.deployment.bucket import Buckets
from generator.deployment.bundle import CODE
from generator.deployment.plan import STEPS, Fate, Item, Plan
from generator.deployment.wording import count, size
from generator.problem import visible

_NOUNS = {Fate.UPLOAD: "upload", Fate.UPDATE: "update", Fate.DELETE: "deletion"}


def plan_lines(plan: Plan, buckets: Buckets) -> Iterator[str]:
    """Yield the steps by bucket, our code as one, and then what else there is to know."""
    for part, bucket in buckets.items():
        items = [item for item in plan.of(*STEPS) if item.part == part]
        if items:
            yield f"s3://{bucket.name}"
            yield from (f"  {line}" for line in _steps(items))
    yield _summary(plan)
    for item in plan.of(Fate.STRAYED):
        where = f"s3://{buckets[item.part].name}/{visible(item.key)}"
        yield f"not deleted: {where} has been changed by hand; delete it if it is not needed"


def conflict_lines(plan: Plan, buckets: Buckets) -> Iterator[str]:
    """Yield a sentence for each object of somebody else in our place."""
    for item in plan.of(Fate.CONFLICT):
        where = f"s3://{buckets[item.part].name}/{visible(item.key)}"
        yield f"{where} is there, with other content, and no deploy has put it there"


def _steps(items: list[Item]) -> Iterator[str]:
    """Yield a line for each item, and one for all of a folder of our code."""
    folders: dict[tuple[Fate, str], list[Item]] = {}
    for item in items:
        code = item.key.startswith(CODE) and not item.by_hand
        name = "/".join(PurePosixPath(item.key).parts[:2]) + "/" if code else item.key
        folders.setdefault((item.fate, name), []).append(item)
    for (fate, name), members in sorted(folders.items(), key=lambda entry: entry[0][1]):
        facts = [count(len(members), "file")] if name.endswith("/") else []
        if fate is not Fate.DELETE:
            facts.append(size(sum(len(item.content) for item in members)))
        if members[0].by_hand:
            facts.append("changed by hand since the last deploy")
        yield f"{fate.value}  {visible(name)}" + (f"  ({', '.join(facts)})" if facts else "")


def _summary(plan: Plan) -> str:
    counts = [(len(plan.of(fate)), noun) for fate, noun in _NOUNS.items()]
    steps = ", ".join(count(number, noun) for number, noun in counts if number)
    sent = sum(len(item.content) for item in plan.of(Fate.UPLOAD, Fate.UPDATE))
    unchanged = count(len(plan.of(Fate.UNCHANGED)), "object")
    parts = [f"{steps or 'nothing to do in S3'}{f' ({size(sent)})' if sent else ''}"]
    parts.append(f"{unchanged} unchanged")
    if kept := len(plan.of(Fate.KEPT)):
        parts.append(f"{kept:,} of an earlier deploy kept for what still runs")
    if plan.foreign:
        parts.append(f"{count(plan.foreign, 'object')} of others left alone")
    return ", ".join(parts)
