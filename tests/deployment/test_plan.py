"""A plan follows from what should be there, what is there, and what deploys have put there."""

from __future__ import annotations

import hashlib

import pytest

from generator.deployment.bucket import Stored
from generator.deployment.bundle import Bundle
from generator.deployment.manifest import AT_WORK, DONE, STOPPED, Entry, Manifest
from generator.deployment.plan import Fate, Plan, make_plan
from generator.deployment.wording import size

KEY = "dags/pipelines/a.yaml"
OLD, NEW = b"old!", b"new!"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def planned(
    wanted: dict[str, bytes],
    entries: dict[str, Entry],
    there: dict[str, tuple[str, bytes]],
    state: str = DONE,
    codes: tuple[str, ...] = (),
    code: str = "dags/generator-1/",
) -> Plan:
    """Return the plan for MWAA's bucket; ``there`` are ETag and content of what is in it."""
    before = Manifest("prod", "artifacts", False, state, codes, {"mwaa": entries, "artifacts": {}})
    found = {key: Stored(etag, len(content)) for key, (etag, content) in there.items()}
    bundle = Bundle("prod", "3.3.1", False, code, wanted, {})
    stored = {"mwaa": found, "artifacts": {}}
    return make_plan(bundle, before, stored, lambda _, key: there[key][1])


@pytest.mark.parametrize(
    ("entry", "there", "fate"),
    [
        (None, None, Fate.UPLOAD),
        (Entry(sha256(NEW), "e"), None, Fate.UPLOAD),
        (Entry(sha256(NEW), "e"), ("e", NEW), Fate.UNCHANGED),
        (Entry(sha256(OLD), "e"), ("e", OLD), Fate.UPDATE),
        (Entry(sha256(NEW), "e"), ("by hand", OLD), Fate.UPDATE),
        (Entry(sha256(OLD), "e"), ("by hand", NEW), Fate.UNCHANGED),
        (Entry(sha256(NEW)), ("e", OLD), Fate.UPDATE),
        (Entry(sha256(NEW)), ("e", NEW), Fate.UNCHANGED),
        (None, (md5(NEW), b"not looked at"), Fate.UNCHANGED),
        (None, ("an ETag with a KMS key", NEW), Fate.UNCHANGED),
        (None, ("e", OLD), Fate.CONFLICT),
        (None, ("e", b"longer than that"), Fate.CONFLICT),
    ],
)
def test_what_should_be_there(
    entry: Entry | None, there: tuple[str, bytes] | None, fate: Fate
) -> None:
    plan = planned({KEY: NEW}, {KEY: entry} if entry else {}, {KEY: there} if there else {})
    (item,) = plan.items
    assert item.fate is fate
    assert item.by_hand is (there is not None and there[0] == "by hand" and fate is Fate.UPDATE)
    claimed = plan.begun.objects["mwaa"].get(KEY)
    if fate in (Fate.UPLOAD, Fate.UPDATE):
        assert claimed == Entry(sha256(NEW))
    elif fate is Fate.UNCHANGED:
        assert there
        assert claimed == Entry(sha256(NEW), there[0])
    else:
        assert claimed is None


@pytest.mark.parametrize(
    ("key", "etag", "there", "fate"),
    [
        (KEY, "e", None, Fate.GONE),
        (KEY, "e", "e", Fate.DELETE),
        (KEY, "", "e", Fate.DELETE),
        (KEY, "e", "by hand", Fate.STRAYED),
        ("plugins.zip", "e", "e", Fate.KEPT),
        ("dags/generator-2/a.py", "e", "e", Fate.KEPT),
        ("dags/generator-3/a.py", "e", "e", Fate.DELETE),
    ],
)
def test_what_is_needed_no_more(key: str, etag: str, there: str | None, fate: Fate) -> None:
    stored = {key: (there, OLD)} if there else {}
    codes = ("dags/generator-2/", "dags/generator-3/")
    plan = planned({}, {key: Entry(sha256(OLD), etag)}, stored, codes=codes)
    (item,) = plan.items
    assert item.fate is fate
    assert (key in plan.begun.objects["mwaa"]) is (fate is not Fate.GONE)


def test_what_no_deploy_has_put_there_is_only_counted() -> None:
    plan = planned({KEY: NEW}, {}, {"dags/a.py": ("e", OLD), "dags/b.py": ("e", OLD)})
    assert ([item.key for item in plan.items], plan.foreign) == ([KEY], 2)


@pytest.mark.parametrize(
    ("state", "before", "after"),
    [
        (DONE, (), "1"),
        (DONE, ("1",), "1"),
        (DONE, ("1", "2"), "12"),
        (DONE, ("2", "3"), "12"),
        (DONE, ("2", "1"), "12"),
        # It broke off between 2 and 3: a loader may name either.
        (STOPPED, ("2", "3", "4"), "123"),
        (AT_WORK, ("2", "3", "4"), "123"),
        # It is the one that broke off.
        (STOPPED, ("1", "2", "3"), "12"),
    ],
)
def test_the_code_that_a_loader_may_still_name_is_kept(
    state: str, before: tuple[str, ...], after: str
) -> None:
    codes = tuple(f"dags/generator-{each}/" for each in before)
    plan = planned({}, {}, {}, state, codes)
    assert plan.done.codes == tuple(f"dags/generator-{each}/" for each in after)
    assert set(plan.begun.codes) == {*codes, "dags/generator-1/"}
    assert (plan.begun.state, plan.done.state) == (AT_WORK, DONE)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (9_960, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (12_345_678, "12 MB"),
    ],
)
def test_sizes_are_said_as_people_read_them(number: int, said: str) -> None:
    assert size(number) == said
