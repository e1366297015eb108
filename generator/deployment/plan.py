"""What a deployment will do to one bucket, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from generator.deployment.bucket import Bucket, Entry, Manifest, digest
from generator.deployment.bundle import DAGS, SCRIPTS, Files

_MOST_NAMED = 12
"""Keys of one kind that a plan lists; of more it says how many."""


@dataclass(frozen=True)
class Plan:
    """The keys to upload, replace and delete in a bucket; ``foreign`` counts what is not ours."""

    bucket: Bucket
    files: Files
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    foreign: int
    manifest: Manifest
    etag: str

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.new or self.changed or self.gone)

    @property
    def uploads(self) -> list[str]:
        """The keys to write, in an order that is safe while MWAA copies them one by one."""
        return sorted((*self.new, *self.changed), key=lambda key: (_rank(key), key))


def make_plan(bucket: Bucket, files: Files) -> Plan:
    """Compare what shall be in a bucket with what is there; only reads."""
    manifest, etag = bucket.manifest()
    there = bucket.etags(sorted({_prefix(key) for key in (*files, *manifest)}))
    new = tuple(key for key in sorted(files) if key not in there)
    changed = tuple(
        key
        for key in sorted(files)
        # Another ETag than ours: somebody has changed it by hand.
        if key in there and manifest.get(key) != Entry(digest(files[key]), there[key])
    )
    gone = tuple(key for key in sorted(manifest) if key not in files and key in there)
    foreign = len([key for key in there if key not in files and key not in manifest])
    return Plan(bucket, files, new, changed, gone, foreign, manifest, etag)


def carry_out(plan: Plan, tell: Callable[[str], None]) -> None:
    """Upload and delete what a plan says; it can be repeated after an interruption.

    The manifest claims the new keys first, so that nothing is left that nobody knows of, and
    only one of two deployments can claim. Raises ConcurrentDeploymentError.
    """
    if plan.empty:
        return
    claimed = plan.manifest | {key: Entry("", "") for key in plan.uploads}
    etag = plan.bucket.write_manifest(claimed, plan.etag)
    written = dict(plan.manifest)
    for key in plan.uploads:
        tell(f"s3://{plan.bucket.name}/{key}")
        written[key] = plan.bucket.put(key, plan.files[key])
    for key in sorted(plan.gone, key=lambda key: (-_rank(key), key)):
        tell(f"s3://{plan.bucket.name}/{key}")
        plan.bucket.delete(key)
    plan.bucket.write_manifest({key: written[key] for key in plan.files}, etag)


def describe(plan: Plan) -> Iterator[str]:
    """Yield the lines that tell a person what a plan will do."""
    uploads = plan.uploads
    size = sum(len(plan.files[key]) for key in uploads)
    same = len(plan.files) - len(uploads)
    counts = [
        f"{len(plan.new)} new" if plan.new else "",
        f"{len(plan.changed)} changed" if plan.changed else "",
        f"{len(plan.gone)} gone" if plan.gone else "",
        f"{same} unchanged" if same else "",
    ]
    said = "nothing to do" if plan.empty else ", ".join(filter(None, counts))
    line = f"s3://{plan.bucket.name}: {said}"
    if uploads:
        line += f"; {size / 1000:,.0f} kB to upload"
    if plan.foreign:
        line += f"; {plan.foreign} of others left alone"
    yield line
    for sign, keys in (("+", plan.new), ("~", plan.changed), ("-", plan.gone)):
        yield from (f"  {sign} {key}" for key in keys[:_MOST_NAMED])
        if len(keys) > _MOST_NAMED:
            yield f"  {sign} … and {len(keys) - _MOST_NAMED} more"


def _rank(key: str) -> int:
    """Return when to write a key: what others depend on first, the loaders last.

    A loader in between sees either the old pipelines with the new package, which reads them, or
    all of the new; and Glue scripts and schemas are there before a pipeline asks for them.
    """
    parts = PurePosixPath(key).parts
    if parts[0] == SCRIPTS or parts[-1] == ".airflowignore":
        return 0
    if parts[0] != DAGS:
        return 1
    return {"pipelines": 3}.get(parts[1], 4 if len(parts) == 2 else 2)


def _prefix(key: str) -> str:
    folder, slash, _ = key.partition("/")
    return folder + slash
