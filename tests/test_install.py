"""The installation picks a Python that works, says clearly when none does, and trusts no half."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# No package index at all; the real pip says so.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIPELINES_INSTALLER": "pip"}
FAKES = {
    "old": 'echo "is Python 3.9"',
    "broken": "echo 'pyenv: command not found' >&2; exit 127",
    "without venv": 'echo "cannot make virtual environments; on Debian: apt install python3-venv"',
    # The probe is answered with silence (no fault); then the installation itself begins.
    "good": 'case "$2" in -c) ;; *) echo "chosen: $(basename "$0")" ;; esac',
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What an installation reads, in a folder with a space in its name."""
    folder = tmp_path / "a check out"
    folder.mkdir()
    for name in ("scripts", "constraints"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("setup.cfg", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A PATH with nothing but what the scripts call."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "make", "dirname", "basename"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def fake(commands: Path, name: str, kind: str) -> None:
    """Put a Python of that kind on the PATH."""
    program = commands / name
    program.write_text(f"#!/bin/sh\n{FAKES[kind]}\n")
    program.chmod(0o755)


def install(checkout: Path, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", "install"],
        cwd=checkout,
        env={"PATH": str(path), "LC_ALL": "C.UTF-8", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3.12": "good", "python3.11": "good", "python3": "good"}, "python3.12"),
        ({"python3.12": "broken", "python3.11": "good", "python3": "good"}, "python3.11"),
        ({"python3.12": "without venv", "python3": "good"}, "python3"),
        ({"python3": "good"}, "python3"),
    ],
)
def test_the_first_python_that_really_works_is_taken(checkout, commands, pythons, chosen):
    for name, kind in pythons.items():
        fake(commands, name, kind)
    result = install(checkout, commands)
    assert (result.returncode, result.stdout) == (0, f"chosen: {chosen}\n")


def test_without_any_python_one_sentence_says_what_to_do(checkout, commands):
    result = install(checkout, commands)
    assert result.returncode == 2
    assert result.stderr.splitlines()[0] == (
        "No usable Python 3.11 or newer. "
        "Install Python 3.12, or name one: make PYTHON=/path/to/python3.12"
    )


def test_every_python_that_will_not_do_is_named_with_its_reason(checkout, commands):
    fake(commands, "python3.12", "broken")
    fake(commands, "python3.11", "without venv")
    fake(commands, "python3", "old")
    assert install(checkout, commands).stderr.splitlines()[0] == (
        "No usable Python 3.11 or newer (python3.12 does not run; "
        "python3.11 cannot make virtual environments; on Debian: apt install python3-venv; "
        "python3 is Python 3.9). "
        "Install Python 3.12, or name one: make PYTHON=/path/to/python3.12"
    )


def test_a_python_that_is_asked_for_is_taken_or_refused_but_never_replaced(checkout, commands):
    fake(commands, "python3.12", "good")
    fake(commands, "python3.9", "old")
    assert install(checkout, commands, PYTHON="python3.12").stdout == "chosen: python3.12\n"
    for python, reason in {"python3.9": "is Python 3.9", "python9": "does not run"}.items():
        result = install(checkout, commands, PYTHON=python)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.startswith(f"PYTHON={python} {reason}. Name a Python 3.11 or newer")


def test_the_real_python_passes_the_probe_and_its_age_is_judged(checkout, commands):
    script = checkout / "scripts" / "install.sh"
    script.write_text(script.read_text().replace("(3, 11)", "(9, 9)"))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    result = install(checkout, commands, PYTHON=sys.executable)
    assert f" is Python {version}. " in result.stderr


def test_a_python_without_the_modules_for_environments_is_refused_with_the_remedy(
    checkout, commands, tmp_path
):
    bare = tmp_path / "bare"
    blind = "import sys; sys.modules['ensurepip'] = None; exec(sys.argv[1])"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{blind}" "$3"\n')
    bare.chmod(0o755)
    result = install(checkout, commands, PYTHON=str(bare))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert (
        f"cannot make virtual environments; on Debian or Ubuntu: apt install python{version}"
        in (result.stderr)
    )


def installed(checkout: Path) -> Path:
    """Write what a complete installation of this checkout leaves."""
    describe = "import virtual_environment as made; print(*made.wanted(), sep='\\n')"
    text = subprocess.run(
        [sys.executable, "-c", describe],
        cwd=checkout / "scripts",
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    stamp = checkout / ".venv" / "installed"
    stamp.parent.mkdir()
    stamp.write_text(text)
    return stamp


def test_a_complete_installation_is_left_alone(checkout, commands):
    stamp = installed(checkout)
    before = stamp.stat().st_mtime_ns
    result = install(checkout, commands)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert stamp.stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_moved_checkout_is_installed_anew_and_a_failure_is_shown_in_full(checkout, commands):
    installed(checkout)
    moved = checkout.rename(checkout.with_name("moved here"))
    result = install(moved, commands, **OFFLINE)
    assert result.returncode == 2
    assert result.stdout.splitlines()[0].startswith("Making .venv with Python 3.")
    assert "a2wsgi" in result.stderr, "pip's own words are kept"
    said = r"Installing about \d+ packages: failed, for the reason above\."
    assert re.search(said, result.stderr)
    assert not (moved / ".venv" / "installed").exists()


@pytest.mark.slow
def test_an_interrupted_installation_is_not_taken_for_a_whole_one(checkout, commands):
    command = ["make", "--no-print-directory", "install"]
    with subprocess.Popen(
        command,
        cwd=checkout,
        env={"PATH": str(commands), "PYTHON": sys.executable, **OFFLINE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as make:
        assert make.stdout
        assert make.stdout.readline().startswith("Making .venv")
        os.killpg(make.pid, signal.SIGINT)
        _, errors = make.communicate(timeout=30)
    assert make.returncode != 0
    assert "Stopped; the next make starts the installation again." in errors
    assert "Making .venv" in install(checkout, commands, PYTHON=sys.executable, **OFFLINE).stdout


def test_two_installations_at_once_do_the_work_once(checkout, commands):
    stamp = installed(checkout)
    done = stamp.read_text()
    stamp.unlink()
    folder = os.open(checkout, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with subprocess.Popen(
        ["make", "--no-print-directory", "install"],
        cwd=checkout,
        env={"PATH": str(commands), "PYTHON": sys.executable, "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        text=True,
    ) as second:
        assert second.stdout
        waiting = second.stdout.readline()
        stamp.write_text(done)
        os.close(folder)
        rest, _ = second.communicate(timeout=30)
    assert waiting == "Waiting for another installation in this folder…\n"
    assert (second.returncode, rest) == (0, "")


def test_the_environment_holds_just_what_fits_together():
    result = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


def test_the_list_of_packages_names_every_folder_of_the_package():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    folders = {
        ".".join(module.parent.relative_to(ROOT).parts)
        for module in (ROOT / "generator").rglob("__init__.py")
    }
    beside = {"generator.dags", "generator.schemas"}
    assert set(config["options"]["packages"].split()) == folders | beside


def test_every_direct_dependency_says_why_it_is_here():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    lists = [config["options"]["install_requires"], *config["options.extras_require"].values()]
    names = {re.split(r"[=<>\[;]", line)[0] for text in lists for line in text.split("\n") if line}
    reasons = (ROOT / "docs" / "dependencies.md").read_text()
    rows = [re.split(r"[ ,]+", row.split("|")[0].strip()) for row in reasons.split("\n| ")[1:]]
    assert names <= {name for row in rows for name in row} | {"xgboost"}


def test_the_locks_name_no_machine_and_no_host():
    for lock in (ROOT / "constraints").iterdir():
        lines = lock.read_text().splitlines()
        head = 1 if lock.name.startswith("mwaa-") else 2
        assert lines[head - 1].startswith(("# Packages as Amazon MWAA pins them", "#    make lock"))
        assert not [
            line for line in lines[head:] if not re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+", line)
        ]
