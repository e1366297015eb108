"""Runs one pipeline's real DAG in a child process against the emulated AWS."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from generator.environment import Environment
from generator.local import summary
from generator.local.account_setup import Clients, set_up
from generator.local.airflow import AirflowHome, TaskState
from generator.local.job_logs import JobLogs
from generator.local.processes import Processes
from generator.local.progress import Progress
from generator.local.results import Report, collect, failure_reason
from generator.local.session import child_processes, emulated_aws, struck
from generator.project import Project

POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Options:
    """How to run: where the report goes, whether to stay up, to show logs, and what goes wrong."""

    report: Path | None = None
    keep: bool = False
    logs: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Run:
    """One run of a sound pipeline: what it is, where it happens and who watches."""

    pipeline: str
    home: AirflowHome
    clients: Clients
    console: Console


def run(
    project: Project, environment: Environment, pipeline: str, options: Options, console: Console
) -> bool:
    """Run a sound pipeline to its end and return whether it succeeded.

    Attaches to the emulated AWS at AWS_ENDPOINT_URL, or starts one and stops it afterwards.
    Raises NotLocalError, FileNotFoundError (sample data) and AirflowFailedError.
    """
    started, since = time.monotonic(), datetime.now(UTC)
    region = environment.values["region"]
    with emulated_aws(region, console, options.faults) as aws, child_processes() as processes:
        clients = Clients(aws)
        set_up(project, environment, clients)
        home = AirflowHome(project, environment.name, aws, processes.folder / "airflow")
        with console.status("Preparing Airflow"):
            home.create_database(processes)
        this = _Run(pipeline, home, clients, console)
        tasks = _run_dag(this, processes, options.logs)
        report = _report(this, environment.name, tasks, since)
        report.seconds = round(time.monotonic() - started, 1)
        if options.faults:
            report.faults = struck(clients.url)
        if report.state != "success":
            _keep_log(this, project)
        _write(report, options.report)
        summary.show(report, console)
        if options.keep and report.endpoint:
            _stay(report, report.endpoint["name"], clients.url, console)
    return report.state == "success"


def _run_dag(run: _Run, processes: Processes, with_logs: bool) -> list[TaskState]:
    """Let Airflow run the DAG, and tell about each task when it starts and ends."""
    logs = JobLogs(run.clients["logs"]) if with_logs else None
    if logs:
        logs.skip()  # an emulated AWS that stays up knows the jobs of earlier runs
    command = run.home.command("dags", "test", run.pipeline)
    process = processes.start(command, run.home.folder, run.home.variables)
    progress = Progress(run.console)
    loading = "Loading the DAG into Airflow"
    with run.console.status(loading) as status:
        ended = False
        while not ended:
            ended = process.wait(POLL_SECONDS) is not None
            for line in logs.new_lines() if logs else ():
                run.console.print(Text(f"    {line}", style="dim"), soft_wrap=True)
            progress.tell(run.home.task_states(run.pipeline))
            status.update(progress.line or loading)
    return run.home.task_states(run.pipeline)


def _report(run: _Run, environment: str, tasks: list[TaskState], since: datetime) -> Report:
    # A refused model can skip its deployment: that is a choice, and no failure.
    finished = bool(tasks) and all(task.state in ("success", "skipped") for task in tasks)
    state = "success" if finished else "failed"
    known = [asdict(task) for task in tasks]
    report = Report(run.pipeline, environment, state, 0.0, known)
    collect(report, tasks, run.home.results(run.pipeline), run.clients)
    if not finished:
        report.reason = failure_reason(run.pipeline, tasks, run.clients, run.home.printed(), since)
    return report


def _keep_log(run: _Run, project: Project) -> None:
    """Save what Airflow printed about a failed run, before its folder goes away."""
    kept = project.root / "build" / "runs" / f"{run.pipeline}.log"
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(run.home.printed(), "utf-8")
        run.console.print(f"Airflow's log of this run: {project.shown(kept)}")


def _write(report: Report, file: Path | None) -> None:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(report), indent=2) + "\n", "utf-8")


def _stay(report: Report, endpoint: str, url: str, console: Console) -> None:
    """Keep the endpoint up until Ctrl-C, with a command that asks it about a real row."""
    payload = report.predictions[0]["payload"] if report.predictions else "1,2,3"
    address = f"{url}/endpoints/{endpoint}/invocations"
    command = f"curl -s -X POST -H 'Content-Type: text/csv' -d '{payload}' {address}"
    console.print("\nThe endpoint answers until Ctrl-C. Try it:\n")
    console.print(command, soft_wrap=True, highlight=False, markup=False)
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(0.5)
