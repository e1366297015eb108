"""`job-needs`: Glue jobs have different names, and need jobs that exist, without a circle.

`needs` lists the Glue jobs of the same pipeline that must have finished before this one starts.
The script finds what each of them wrote in an argument: `--input_clean` for the job `clean`. Jobs
that need nothing start at once, side by side.

A name that two jobs share would make one Airflow task of both, a job that does not exist can
never finish, and jobs that wait for each other wait for ever.

    glue:
      - name: clean
        script: clean.py
        needs: [join]
      - name: join
        script: clean.py
        needs: [clean, enrich]
"""

from collections.abc import Iterator, Mapping

from generator.checks.subject import Subject
from generator.problem import Finding, Path, did_you_mean, only_match
from generator.stages.glue import DEFAULT_NAME
from generator.yaml_file.quoting import written

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
                meant = only_match(need, [name for name in names if name != job["name"]])
                where = (*path, "needs", position)
                yield Finding(where, RULE, message, hint, replacement=meant and written(meant))
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
