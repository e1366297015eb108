"""Runs one pipeline's real DAG in a child process against the emulated AWS."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.text import Text

from generator.compiler import judge_file
from generator.environment import Environment
from generator.local import summary
from generator.local.account_setup import Clients, is_loopback, set_up
from generator.local.airflow import AirflowHome, TaskState
from generator.local.job_logs import JobLogs
from generator.local.processes import Process, Processes
from generator.local.results import Report, collect, failure_reason
from generator.local.server import EmulatedAws
from generator.project import Project

POLL_SECONDS = 0.5
_DONE = ("success", "failed", "skipped", "upstream_failed")


class NotLocalError(Exception):
    """AWS_ENDPOINT_URL points at something that is not on this machine."""


@dataclass(frozen=True)
class Options:
    """How to run: where the report goes, and whether to stay up or to show the jobs' logs."""

    report: Path | None = None
    keep: bool = False
    logs: bool = False


def run(
    project: Project, environment: Environment, file: Path, options: Options, console: Console
) -> bool:
    """Run the pipeline in ``file`` to its end; return whether it succeeded.

    Attaches to the emulated AWS at AWS_ENDPOINT_URL, or starts one and stops it afterwards.
    Raises NotLocalError, FileNotFoundError (sample data) and AirflowFailedError.
    """
    pipeline = judge_file(project, environment, file).pipeline
    assert pipeline is not None, "the caller has linted the pipeline"
    started = time.monotonic()
    with _aws(environment, console) as aws, _processes() as processes:
        clients = Clients(aws)
        set_up(project, environment, clients)
        home = AirflowHome(project, environment.name, aws, processes.folder / "airflow")
        with console.status("Preparing Airflow"):
            home.create_database(processes)
        tasks = _run_dag(pipeline.name, home, processes, clients, options, console)
        report = _report(pipeline.name, environment.name, tasks, time.monotonic() - started)
        collect(report, tasks, home.results(pipeline.name), clients)
        if report.state != "success":
            report.reason = failure_reason(pipeline.name, tasks, clients)
            _keep_log(home.folder, project, pipeline.name, console)
        _write(report, options.report)
        summary.show(report, console)
        if options.keep and report.endpoint:
            _stay(report, clients.url, console)
    return report.state == "success"


@contextmanager
def _aws(environment: Environment, console: Console) -> Iterator[dict[str, str]]:
    """Yield the variables of an emulated AWS: a running one, or a new one for this run."""
    url = os.environ.get("AWS_ENDPOINT_URL")
    if url:
        if not is_loopback(url):
            raise NotLocalError(
                f"AWS_ENDPOINT_URL is {url}, which is not on this machine; "
                "unset it, or export what `pipelines aws` prints"
            )
        console.print(f"Using the emulated AWS at {url}")
        yield attached(url, environment.values["region"])
        return
    with console.status("Starting the emulated AWS"):
        aws = EmulatedAws(region=environment.values["region"]).start()
    try:
        console.print(f"Emulated AWS at {aws.url}")
        yield aws.environment
    finally:
        aws.stop()


def attached(url: str, region: str) -> dict[str, str]:
    """Return the variables that point at an emulated AWS that somebody else started."""
    connection = {
        "conn_type": "aws",
        "login": "test",
        "password": "test",
        "extra": {"region_name": region, "endpoint_url": url},
    }
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection),
    }


@contextmanager
def _processes() -> Iterator[Processes]:
    """Yield a home for child processes that leaves nothing behind, however this one ends."""
    processes = Processes()
    try:
        yield processes
    finally:
        processes.close()
        processes.clean_up()


def _run_dag(
    name: str,
    home: AirflowHome,
    processes: Processes,
    clients: Clients,
    options: Options,
    console: Console,
) -> list[TaskState]:
    """Let Airflow run the DAG, and tell about each task when it starts and ends."""
    logs = JobLogs(clients["logs"]) if options.logs else None
    process = processes.start(home.command("dags", "test", name), home.folder, home.variables)
    progress = _Progress(console)
    with console.status("Loading the DAG into Airflow") as status:
        while process.wait(POLL_SECONDS) is None:
            progress.tell(home.task_states(name))
            status.update(progress.line or "Loading the DAG into Airflow")
            for line in logs.new_lines() if logs else ():
                console.print(Text(f"    {line}", style="dim"))
    tasks = home.task_states(name)
    progress.tell(tasks)
    return tasks


class _Progress:
    """Prints a line for each task that has started or ended since the last look."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, str] = {}
        self._since = time.monotonic()
        self.line = ""

    def tell(self, tasks: list[TaskState]) -> None:
        for task in tasks:
            if task.state in ("running", "deferred") and task.task not in self._told:
                self._told[task.task] = "running"
                self._since = time.monotonic()
                if not self._console.is_terminal:
                    self._console.print(f"  {task.task} …")
            if task.state in _DONE and self._told.get(task.task) != task.state:
                self._told[task.task] = task.state
                self._console.print(self._ended(task))
        current = [name for name, state in self._told.items() if state == "running"]
        elapsed = f"{time.monotonic() - self._since:.0f} s"
        self.line = f"{', '.join(current)} … {elapsed}" if current else ""

    @staticmethod
    def _ended(task: TaskState) -> Text:
        mark, style = ("✓", "green") if task.state == "success" else ("✗", "red")
        seconds = "" if task.seconds is None else f"{task.seconds:6.1f} s"
        outcome = "" if task.state == "success" else f"  {task.state}"
        return Text.assemble((f"  {mark} ", style), f"{task.task:<28}{seconds}{outcome}")


def _report(name: str, environment: str, tasks: list[TaskState], seconds: float) -> Report:
    finished = bool(tasks) and all(task.state == "success" for task in tasks)
    state = "success" if finished else "failed"
    return Report(name, environment, state, round(seconds, 1), [asdict(task) for task in tasks])


def _keep_log(folder: Path, project: Project, name: str, console: Console) -> None:
    """Save what Airflow printed about a failed run, before its folder goes away."""
    text = "".join(
        (folder / part).read_text("utf-8", errors="replace")
        for part in ("stdout.log", "stderr.log")
        if (folder / part).is_file()
    )
    kept = project.root / "build" / "runs" / f"{name}.log"
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(text, "utf-8")
        console.print(f"Airflow's log of this run: {project.shown(kept)}")


def _write(report: Report, file: Path | None) -> None:
    if file is None:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report.as_dict(), indent=2) + "\n", "utf-8")


def _stay(report: Report, url: str, console: Console) -> None:
    """Keep the endpoint up until Ctrl-C, with a command that asks it about a real row."""
    assert report.endpoint
    payload = report.predictions[0]["payload"] if report.predictions else "1,2,3"
    address = f"{url}/endpoints/{report.endpoint['name']}/invocations"
    console.print("\nThe endpoint answers until Ctrl-C. Try it:\n")
    command = f"curl -s -X POST -H 'Content-Type: text/csv' -d '{payload}' {address}"
    console.print(command, soft_wrap=True, highlight=False, markup=False)
    with suppress(KeyboardInterrupt):
        Event().wait()
