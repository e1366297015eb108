"""Make the virtual environment .venv ready: the locked packages and the project itself.

Run by scripts/install.sh with the interpreter that .venv shall have; uses nothing but the standard
library. ``.venv/installed`` is written last and says what .venv was made from. When it says what is
wanted nothing is done, so an interrupted installation is never mistaken for a whole one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALLED = VENV / "installed"
LOCKS = {11: "airflow-3.3.1-python3.11.txt", 12: "airflow-3.3.1-python3.12.txt"}

UV = "uv==0.13.9"
XGBOOST = "xgboost-cpu" if sys.platform == "linux" else "xgboost"
# Packages that contradict the lock, each alone in a folder under .venv/share/pipelines: the XGBoost
# release of an older training container, and the SageMaker SDK, which lists the container images,
# with the one package it imports that the lock lacks.
APART = {
    "xgboost/3.0-5": [f"{XGBOOST}==3.0.5"],
    "xgboost/1.7-1": ["xgboost==1.7.4"],
    "sagemaker-sdk": ["sagemaker-core==2.27.0", "platformdirs==4.14.7"],
}

# What a run imports: compiled once here, or the first run would take some 6 s longer, and every run
# where PYTHONDONTWRITEBYTECODE is set.
IMPORTS = """
import airflow.cli.commands.dag_command, airflow.dag_processing.dagbag
import airflow.providers.amazon.aws.operators.glue
import airflow.providers.amazon.aws.operators.sagemaker
import dagfactory.dagbuilder, moto.server, pyspark.sql, xgboost
"""

DROPPED_VARIABLES = {
    *("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"),
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_TARGET", "UV_PREFIX"),
}

Command = list[str | Path]


class InstallError(Exception):
    """The environment can't be made; the text is for the user."""


class Wanted(NamedTuple):
    """What .venv is made from, as far as it decides whether it must be made anew."""

    interpreter: str
    place: str
    packages: str
    project: str


def lock_file() -> Path:
    """Return the lock file for the running interpreter; the newest serves what is newer still."""
    minor = max(known for known in LOCKS if known <= sys.version_info.minor)
    return ROOT / "constraints" / LOCKS[minor]


def wanted() -> Wanted:
    """Return what .venv should be made from, by the files as they are now."""
    machine = f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"
    packages = machine.encode() + lock_file().read_bytes() + Path(__file__).read_bytes()
    project = (ROOT / "setup.cfg").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return Wanted(sys.executable, str(VENV), digest(packages), digest(project))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def installed() -> list[str]:
    """Return what .venv was made from, or an empty list when it isn't complete."""
    try:
        return INSTALLED.read_text().splitlines()
    except OSError:
        return []


@contextmanager
def only_one() -> Iterator[int]:
    """Wait until no other process installs here; the lock is on the folder, so no file is left."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Waiting for another installation in this folder…", flush=True)
        fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        os.close(folder)


class Steps:
    """Runs the commands of an installation, each under one line of progress."""

    def __init__(self, lock: int) -> None:
        self.lock = lock

    def run(self, title: str, *command: str | Path) -> None:
        """Run a command to its end; InstallError with all it printed when it fails."""
        failure = self.attempt(title, *command)
        if failure is not None:
            raise InstallError(f"{failure}\n{title}: failed, for the reason above.")

    def attempt(self, title: str, *command: str | Path) -> str | None:
        """Run a command to its end; return all it printed when it fails and None when not."""
        print(f"{title}…", flush=True)
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            # A child that outlives us keeps the lock, so nobody installs over it.
            with subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[self.lock],
            ) as process:
                self.await_end(process)
            output.seek(0)
            return output.read().rstrip() if process.returncode else None

    def await_end(self, process: subprocess.Popen[bytes]) -> None:
        """Wait, counting the seconds where somebody can see them; stop the child if we are."""
        started = time.monotonic()
        try:
            while process.poll() is None:
                time.sleep(0.05)
                show_seconds(time.monotonic() - started)
        except BaseException:
            process.terminate()
            raise
        finally:
            show_seconds(0)


def show_seconds(seconds: float) -> None:
    """Show the seconds of the running step on a terminal, and clear them at 0."""
    if sys.stdout.isatty() and (seconds == 0 or seconds > 2):
        print(f"\r{f'  {seconds:.0f} s':8}\r" if seconds else f"\r{'':8}\r", end="", flush=True)


def environment() -> dict[str, str]:
    """Return our variables, with pip and uv told to install into .venv and nowhere else."""
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED_VARIABLES}
    return kept | {"PIP_USER": "0", "PIP_NO_INPUT": "1", "UV_PYTHON_DOWNLOADS": "never"}


def installer() -> Command:
    """Return the start of an install command: uv's when .venv has it, and pip's when not."""
    if (VENV / "bin" / "uv").exists():
        return [PYTHON, "-m", "uv", "pip", "install", "--quiet", "--python", PYTHON]
    return [PYTHON, "-m", "pip", "install", "--quiet"]


def install_uv(steps: Steps) -> None:
    """Put uv into .venv, where that can be done and PIPELINES_INSTALLER=pip doesn't forbid it."""
    if os.environ.get("PIPELINES_INSTALLER") == "pip":
        return
    if steps.attempt("Getting the installer uv", *installer(), UV) is not None:
        print("uv can't be had here: using pip, which takes longer.", flush=True)


def install_packages(steps: Steps) -> None:
    """Make .venv anew with every locked package in it."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    steps.run(f"Making .venv with Python {version}", sys.executable, "-m", "venv", "--clear", VENV)
    install_uv(steps)
    # --no-deps: the lock is complete, and nothing that isn't in it shall come in.
    install = [*installer(), "--no-deps"]
    count = round(package_count(), -1)
    steps.run(f"Installing about {count} packages", *install, "--requirement", lock_file())
    for folder, requirements in APART.items():
        target = VENV / "share" / "pipelines" / folder
        steps.run(f"Installing {requirements[0]}", *install, "--target", target, *requirements)
    compile_imports(steps)


def compile_imports(steps: Steps) -> None:
    """Have Python keep what it compiles for a run; that it can't is no reason to stop here."""
    with tempfile.TemporaryDirectory() as home:  # Airflow would make one in the user's home
        imports: Command = ["env", f"AIRFLOW_HOME={home}", PYTHON, "-c", IMPORTS]
        steps.attempt("Compiling what a run imports", *imports)


def package_count() -> int:
    return sum("==" in line for line in lock_file().read_text().splitlines())


def link_project(steps: Steps) -> None:
    """Install the project in editable form, from what is already in .venv: no internet needed."""
    offline = ["--no-deps", "--no-build-isolation", "--no-index"]
    steps.run("Linking the project", *installer(), *offline, "--editable", ROOT)


def bring_up_to_date(goal: Wanted, lock: int) -> None:
    """Do what ``goal`` asks for and .venv lacks."""
    have = installed()
    INSTALLED.unlink(missing_ok=True)
    steps = Steps(lock)
    if have[:3] != list(goal[:3]):
        install_packages(steps)
    link_project(steps)
    draft = INSTALLED.with_suffix(".draft")
    draft.write_text("\n".join(goal) + "\n")
    draft.replace(INSTALLED)


def make_ready() -> None:
    """Make .venv ready; InstallError when that can't be done."""
    goal = wanted()
    if installed() == list(goal):
        return
    if not os.access(ROOT, os.W_OK):
        raise InstallError(f"{ROOT} can't be written to: copy the project to a folder of yours.")
    started = time.monotonic()
    with only_one() as lock:
        if installed() != list(goal):
            bring_up_to_date(goal, lock)
            print(f"Ready after {time.monotonic() - started:.0f} s.", flush=True)


def interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


def main() -> int:
    # A closed terminal and a `kill` end the running child just as Ctrl-C does.
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        make_ready()
    except InstallError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; the next make starts the installation again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
