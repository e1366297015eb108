"""What a deploy has to change in the buckets, and in which order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import PurePosixPath

from generator.deployment.bucket import Stored
from generator.deployment.bundle import (
    CODE,
    DAGS,
    GLUE_SCRIPTS,
    PLUGINS,
    REQUIREMENTS,
    STARTUP,
    Bundle,
)
from generator.deployment.loader_file import without_number
from generator.deployment.manifest import AT_WORK, DONE, Entry, Manifest
from generator.deployment.shipped_code import LOADERS
from generator.project import DEFAULTS_FILE

FILES = (REQUIREMENTS, STARTUP, PLUGINS)
"""What an MWAA environment does not copy by itself, but is told to use in a certain version."""

PREFIXES = {"mwaa": (DAGS, *FILES), "artifacts": (GLUE_SCRIPTS,)}
"""Where in each bucket a deploy may have objects."""

Found = Mapping[str, Mapping[str, Stored]]
"""What is in each bucket now."""

Read = Callable[[str, str], bytes]
"""Return what a bucket (``mwaa``, ``artifacts``) holds at a key."""


class Fate(Enum):
    """What becomes of one object; the value is its word in the plan.

    CONFLICT: somebody else's object is in our place. KEPT: not needed by what is deployed now, but
    by what still runs. STRAYED: we need it no more, and it is not what we put there any more.
    """

    UPLOAD = "upload"
    UPDATE = "update"
    DELETE = "delete"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    GONE = "gone"
    CONFLICT = "conflict"
    STRAYED = "strayed"


STEPS = (Fate.UPLOAD, Fate.UPDATE, Fate.DELETE)
"""The fates that take something to do."""


@dataclass(frozen=True)
class Item:
    """One object and what becomes of it; ``by_hand`` tells that it is not as it was deployed."""

    fate: Fate
    part: str
    key: str
    content: bytes = b""
    by_hand: bool = False


@dataclass(frozen=True)
class Plan:
    """Every object that deploys have to do with, and how many others there are.

    ``begun`` is the manifest before the first step, which claims what is about to be uploaded;
    ``done`` the one after the last, but for the ETags that only an upload tells.
    """

    items: tuple[Item, ...]
    foreign: int
    begun: Manifest
    done: Manifest

    def of(self, *fates: Fate) -> list[Item]:
        """Return the items with one of these fates, by bucket and key."""
        return [item for item in self.items if item.fate in fates]

    def stages(self) -> list[list[Item]]:
        """Return what there is to do, in order: a stage begins when the one before it is done."""
        first = not any(item.fate is not Fate.UPLOAD for item in self.items if _is_loader(item))
        ranked: dict[int, list[Item]] = {}
        for item in self.of(*STEPS):
            ranked.setdefault(_rank(item, first), []).append(item)
        return [ranked[rank] for rank in sorted(ranked)]


def make_plan(bundle: Bundle, before: Manifest, found: Found, read: Read) -> Plan:
    """Compare what should be there with what is, and with what deploys have put there.

    ``before`` is the manifest of the last deploy.
    """
    others = [code for code in before.codes if code != bundle.code]
    # The code that loaders import now stays until the next code: MWAA copies piece by piece, and
    # a task that begins meanwhile may find the loader of before.
    uncertain = before.state != DONE and before.codes[:1] != (bundle.code,)
    codes = (bundle.code, *others[: 2 if uncertain else 1])
    wanted = {"mwaa": bundle.mwaa, "artifacts": bundle.artifacts}
    items: list[Item] = []
    foreign = 0
    for part, contents in wanted.items():
        entries, there = before.objects[part], found[part]
        items += (
            _wanted(part, key, content, entries.get(key), there.get(key), read)
            for key, content in contents.items()
        )
        items += (
            Item(_fate_of_old(key, entry, there.get(key), codes), part, key)
            for key, entry in entries.items()
            if key not in contents
        )
        foreign += len(there.keys() - entries.keys() - contents.keys())
    claimed = {part: _claimed(part, items, before, found) for part in wanted}
    begun = replace(before, state=AT_WORK, codes=(bundle.code, *others), objects=claimed)
    done = replace(begun, state=DONE, codes=codes, offline=bundle.offline)
    return Plan(tuple(items), foreign, begun, done)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _wanted(
    part: str, key: str, content: bytes, entry: Entry | None, stored: Stored | None, read: Read
) -> Item:
    if stored is None:
        return Item(Fate.UPLOAD, part, key, content)
    ours = entry is not None and entry.etag == stored.etag
    if ours and entry is not None and entry.sha256 == digest(content):
        return Item(Fate.UNCHANGED, part, key, content)
    if not ours and _is_same(content, stored, lambda: read(part, key)):
        return Item(Fate.UNCHANGED, part, key, content)
    if entry is None:
        return Item(Fate.CONFLICT, part, key, content)
    return Item(Fate.UPDATE, part, key, content, by_hand=bool(entry.etag) and not ours)


def _is_same(content: bytes, stored: Stored, read: Callable[[], bytes]) -> bool:
    """Tell whether an object that is not known from a deploy holds just what it should hold."""
    if stored.etag == hashlib.md5(content, usedforsecurity=False).hexdigest():
        return True
    return stored.size == len(content) and read() == content


def _fate_of_old(key: str, entry: Entry, stored: Stored | None, codes: tuple[str, ...]) -> Fate:
    """Return the fate of what an earlier deploy put there and this one does not need."""
    if stored is None:
        return Fate.GONE
    if key in FILES or key.startswith(codes):
        return Fate.KEPT
    return Fate.DELETE if entry.etag in ("", stored.etag) else Fate.STRAYED


def _claimed(part: str, items: list[Item], before: Manifest, found: Found) -> dict[str, Entry]:
    """Return the entries with which a deploy begins: also those that it is about to make."""
    entries: dict[str, Entry] = {}
    for item in (each for each in items if each.part == part):
        known = before.objects[part].get(item.key)
        if item.fate is Fate.UNCHANGED:
            entries[item.key] = Entry(digest(item.content), found[part][item.key].etag)
        elif item.fate in (Fate.UPLOAD, Fate.UPDATE):
            entries[item.key] = Entry(digest(item.content))
        elif item.fate is not Fate.GONE and known is not None:
            entries[item.key] = known
    return entries


def _is_loader(item: Item) -> bool:
    return item.part == "mwaa" and without_number(item.key.removeprefix(DAGS)) in LOADERS


def _rank(item: Item, first: bool) -> int:
    """Return in which stage an item comes: what others need first, deletions last.

    A loader brings new code with it, and the old pipelines are right for the new code, while new
    pipelines may not be for the old code. Only the first time there is nothing yet to load.
    """
    name = PurePosixPath(item.key).name
    if item.fate is Fate.DELETE:
        return 8 if item.key.startswith(f"{DAGS}pipelines/") else 9
    if item.part == "artifacts":
        return 0
    if item.key in FILES:
        return 7
    if _is_loader(item):
        return 6 if first else 3
    if item.key.startswith(CODE):
        return 1
    if not item.key.startswith(f"{DAGS}pipelines/"):
        return 2
    return 4 if name == DEFAULTS_FILE else 5
