"""A script's arguments are told from its text, and a run of the script agrees."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from examples import ROOT

from generator.glue_script.script import read_script

START = "import sys\nfrom awsglue.utils import getResolvedOptions\n"

UNDERSTOOD = {
    "a literal list": (
        'getResolvedOptions(sys.argv, ["source", "label"])',
        {"source", "label"},
        set(),
    ),
    "a tuple in a constant": (
        'NAMES = ("source", "label")\ngetResolvedOptions(sys.argv, NAMES)',
        {"source", "label"},
        set(),
    ),
    "names that are constants": (
        'SOURCE: str = "source"\ngetResolvedOptions(sys.argv, [SOURCE])',
        {"source"},
        set(),
    ),
    "the function under another name": (
        'from awsglue.utils import getResolvedOptions as options\noptions(sys.argv, ["source"])\n',
        {"source"},
        set(),
    ),
    "the function as a part of its module": (
        'import awsglue.utils as glue\nglue.getResolvedOptions(sys.argv, ["source"])',
        {"source"},
        set(),
    ),
    "keywords": (
        'getResolvedOptions(options=["source"], args=sys.argv)',
        {"source"},
        set(),
    ),
    "lists put together": (
        'MORE = ["label"]\ngetResolvedOptions(sys.argv, ["source"] + [*MORE, "seed"])',
        {"source", "label", "seed"},
        set(),
    ),
    "the keys of a dict": (
        'TYPES = {"source": str, "seed": int}\n'
        "getResolvedOptions(sys.argv, [name for name in TYPES])\n"
        "getResolvedOptions(sys.argv, list(TYPES.keys()))\n",
        {"source", "seed"},
        set(),
    ),
    "a function that the main guard calls": (
        """
        def main(argv):
            arguments = read(argv)
            print(arguments)

        def read(argv):
            return getResolvedOptions(argv, ["source"])

        if __name__ == "__main__":
            main(sys.argv)
        """,
        {"source"},
        set(),
    ),
    "a class that is made": (
        """
        class Job:
            def __init__(self):
                self.arguments = getResolvedOptions(sys.argv, ["source"])

        Job()
        """,
        {"source"},
        set(),
    ),
    "optional ones chosen by what was given": (
        """
        DEFAULTS = {"seed": "42", "label": ""}
        given = {word[2:].split("=")[0] for word in sys.argv if word.startswith("--")}
        required = ["source"]
        getResolvedOptions(sys.argv, required + [name for name in DEFAULTS if name in given])
        """,
        {"source"},
        {"seed", "label"},
    ),
    "an optional one in an if": (
        """
        arguments = getResolvedOptions(sys.argv, ["source"])
        if "--seed" in sys.argv:
            arguments |= getResolvedOptions(sys.argv, ["seed"])
        """,
        {"source"},
        {"seed"},
    ),
    "an optional one in a conditional expression": (
        """
        given = " ".join(sys.argv)
        getResolvedOptions(sys.argv, ["source", *(["seed"] if "--se" + "ed" in given else [])])
        """,
        {"source"},
        {"seed"},
    ),
    "an optional one in a try": (
        """
        try:
            seed = getResolvedOptions(sys.argv, ["seed"])["seed"]
        except Exception:
            seed = 42
        """,
        set(),
        {"seed"},
    ),
    "an optional one after an early return": (
        """
        def seed():
            if not any("seed" in word for word in sys.argv):
                return 42
            return int(getResolvedOptions(sys.argv, ["seed"])["seed"])

        seed()
        """,
        set(),
        {"seed"},
    ),
    "an optional one in a function that may not be called": (
        """
        def more():
            return getResolvedOptions(sys.argv, ["seed"])

        def label():
            return getResolvedOptions(sys.argv, ["label"])

        len(sys.argv) > 50 and more()
        """,
        set(),
        {"seed", "label"},
    ),
    "a default that is put among the arguments": (
        'sys.argv += ["--seed", "42"]\ngetResolvedOptions(sys.argv, ["seed"])',
        set(),
        {"seed"},
    ),
    "a default that is put before the arguments": (
        """
        defaults = [word for name in ["seed"] for word in ("--" + name, "42")]
        argv = sys.argv[:1] + defaults + sys.argv[1:]
        getResolvedOptions(argv, ["seed"])
        """,
        set(),
        {"seed"},
    ),
    "a name that the script looks for itself": (
        'if "--seed" not in sys.argv: sys.exit(0)\ngetResolvedOptions(sys.argv, ["seed"])',
        set(),
        {"seed"},
    ),
}

NOT_UNDERSTOOD = {
    "no call at all": "print(sys.argv)",
    "names from elsewhere": "import names\ngetResolvedOptions(sys.argv, names.ALL)",
    "names from a parameter": (
        "def read(names):\n    return getResolvedOptions(sys.argv, names)\nread(['a'])"
    ),
    "a list that is changed": 'N = ["a"]\nN.append("b")\ngetResolvedOptions(sys.argv, N)',
    "a list that is given twice": 'N = ["a"]\nN = ["b"]\ngetResolvedOptions(sys.argv, N)',
    "a list that names itself": "N = [*N]\ngetResolvedOptions(sys.argv, N)",
    "names in a text": "getResolvedOptions(sys.argv, 'a b'.split())",
    "names that are made": 'getResolvedOptions(sys.argv, [f"{x}_a" for x in "ab"])',
    "the function passed on": 'print(getResolvedOptions)\ngetResolvedOptions(sys.argv, ["a"])',
    "a function of the same name": "def getResolvedOptions(*_): ...\ngetResolvedOptions(1, ['a'])",
}


def script(tmp_path: Path, body: str) -> Path:
    file = tmp_path / "script.py"
    file.write_text(START + textwrap.dedent(body) + "\n", "utf-8")
    return file


def succeeds(file: Path, names: set[str]) -> bool:
    """Run the script with arguments of these names, beside the repository's getResolvedOptions."""
    arguments = [word for name in sorted(names) for word in (f"--{name}", "1")]
    finished = subprocess.run(
        [sys.executable, str(file), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "generator" / "local" / "aws")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    expected = "GlueArgumentError" in finished.stderr
    assert finished.returncode == 0 or expected, finished.stderr
    return finished.returncode == 0


@pytest.mark.parametrize("case", UNDERSTOOD)
def test_required_are_exactly_those_without_which_the_script_fails(
    tmp_path: Path, case: str
) -> None:
    body, required, optional = UNDERSTOOD[case]
    file = script(tmp_path, body)
    found = read_script(file, "5.0")
    assert (found.required, found.optional, found.complete) == (required, optional, True)
    assert succeeds(file, required)
    assert succeeds(file, required | optional)
    for name in required:
        assert not succeeds(file, (required | optional) - {name})


@pytest.mark.parametrize("case", NOT_UNDERSTOOD)
def test_what_cannot_be_told_is_not_claimed(tmp_path: Path, case: str) -> None:
    found = read_script(script(tmp_path, NOT_UNDERSTOOD[case]), "5.0")
    assert not found.required
    assert not found.complete


def test_the_script_of_this_repository_is_understood() -> None:
    found = read_script(ROOT / "glue_scripts" / "customer_churn.py", "5.0")
    assert found.required == {"JOB_NAME", "source", "output"}
    assert found.optional == {"train_fraction", "seed", "label"}
    assert found.complete


def test_a_script_that_has_changed_is_read_again(tmp_path: Path) -> None:
    file = script(tmp_path, 'getResolvedOptions(sys.argv, ["a"])')
    assert read_script(file, "5.0").required == {"a"}
    script(tmp_path, 'getResolvedOptions(sys.argv, ["a", "b"])')
    assert read_script(file, "5.0").required == {"a", "b"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"print(\n", "'(' was never closed"),
        (b"x = 1\n\x00", "null bytes"),
        (b"x = '\xff'\n", "utf-8"),
        (b"match x:\n  case 1: pass\n", None),
        (b"print('\\d')\n", None),
        (b"(" * 100_000, "too many nested parentheses"),
        (b"-" * 1_000_000 + b"1", None),
    ],
)
def test_any_file_is_read_without_an_exception(
    tmp_path: Path, content: bytes, reason: str | None
) -> None:
    file = tmp_path / "script.py"
    file.write_bytes(content)
    mistake = read_script(file, "5.0").mistake
    assert (reason is None) == (mistake is None)
    if mistake is not None and reason is not None:
        assert reason in mistake[1]


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    found = read_script(tmp_path / "gone.py", "5.0")
    assert (found.known, found.complete, found.mistake) == (frozenset(), False, None)


def test_what_is_no_file_of_a_sensible_size_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    assert read_script(pipe, "5.0").text == ""
    long = script(tmp_path, 'getResolvedOptions(sys.argv, ["a"])\n' + "#" * 1_000_000)
    assert read_script(long, "5.0").text == ""
