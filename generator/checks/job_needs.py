"""`job-needs`: Glue jobs have different names, and need jobs that exist, without a circle."""

from collections.abc import Iterator, Mapping

from generator.checks.subject import Subject
from generator.problem import Finding, Path, did_you_mean
from generator.stages.glue import DEFAULT_NAME

RULE = "job-needs"


def check(subject: Subject) -> Iterator[Finding]:
    # A single job has a default name; one in a list whose name the schema refused has none.
    jobs = [
        (path, {"name": DEFAULT_NAME, **job})
        for path, job in subject.glue_jobs()
        if "name" in job or path == ("glue",)
    ]
    names = [job["name"] for _, job in jobs]
    known = "known: " + ", ".join(sorted(set(names)))
    for index, (path, job) in enumerate(jobs):
        if job["name"] in names[:index]:
            message = f"two Glue jobs are named '{job['name']}'"
            yield Finding((*path, "name"), RULE, message, "rename one")
        for position, need in enumerate(job.get("needs", ())):
            if need is not None and need not in names:
                hint = did_you_mean(need, names) or known
                message = f"there is no Glue job '{need}'"
                yield Finding((*path, "needs", position), RULE, message, hint)
    yield from _circles({job["name"]: (path, job.get("needs", ())) for path, job in jobs})


def _circles(jobs: Mapping[str, tuple[Path, list[str]]]) -> Iterator[Finding]:
    """Report each circle once, at its alphabetically first job."""
    for name in jobs:
        circle = _circle(name, jobs)
        if circle and name == min(circle):
            message = "Glue jobs wait for each other: " + " -> ".join([*circle, name])
            yield Finding((*jobs[name][0], "needs"), RULE, message, at_key=True)


def _circle(start: str, jobs: Mapping[str, tuple[Path, list[str]]]) -> list[str]:
    """Return the way from ``start`` back to it, or nothing."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for need in jobs[way[-1]][1]:
            if need == start:
                return way
            if need in jobs and need not in seen:
                seen.add(need)
                ways.append([*way, need])
    return []
