"""The Airflow of one version of MWAA, with MWAA's pins and nothing of ours installed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from examples import ROOT

# The command of Airflow 2 refuses SQLite; this is what it does otherwise.
PROCESS_DAGS_OF_AIRFLOW_2 = """
import sys
from argparse import Namespace
from airflow.cli.commands.dag_processor_command import _create_dag_processor_job_runner
from airflow.jobs.job import run_job
options = Namespace(subdir=sys.argv[1], num_runs=1, do_pickle=False)
runner = _create_dag_processor_job_runner(options)
run_job(job=runner.job, execute_callable=runner._execute)
"""

TEST_DAG = """
import functools, sys
from botocore.loaders import JSONFileLoader

JSONFileLoader.load_file = functools.cache(JSONFileLoader.load_file)
try:
    from airflow.sdk.execution_time import supervisor
except ImportError:  # Airflow 2
    pass
else:
    supervisor.in_process_api_server = functools.cache(supervisor.in_process_api_server)
from airflow.__main__ import main

sys.argv = ["airflow", "dags", "test", sys.argv[1]]
main()
"""
"""`airflow dags test`, which makes two things for every task that can be made once.

They are boto3's descriptions of AWS, and before Airflow 3.3 the API that the tasks call.
"""

LONGEST = 500
"""Seconds that one command of Airflow may take."""


def environment_folder(version: str) -> Path:
    """Return the virtual environment of a version; it is made where it is missing."""
    command = [sys.executable, str(ROOT / "scripts" / "mwaa_environment.py"), version]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return Path(made.stdout.splitlines()[-1])


class MwaaAirflow:
    """An Airflow home in ``folder`` that reads DAGs from ``dags``; no AWS is reachable at first."""

    def __init__(self, version: str, folder: Path, dags: Path) -> None:
        self.version = version
        self.folder = folder
        self.dags = dags
        self.python = environment_folder(version) / "bin" / "python"
        folder.mkdir(parents=True, exist_ok=True)
        foreign = ("AIRFLOW", "AWS_", "PIPELINES_", "PYTHON")
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(foreign)
        }
        self.variables = inherited | {
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW__DAG_FACTORY__ENABLE_TELEMETRY": "False",
            # MWAA sets it; Airflow 2 has no dag processor of its own otherwise.
            "AIRFLOW__SCHEDULER__STANDALONE_DAG_PROCESSOR": "True",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def run(self, *arguments: str, **variables: str) -> str:
        """Run Python with ``arguments`` in this environment and return what it printed."""
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env=self.variables | variables,
            capture_output=True,
            text=True,
            timeout=LONGEST,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
        return done.stdout

    def airflow(self, *arguments: str) -> str:
        """Run a command of Airflow and return what it printed."""
        return self.run("-m", "airflow", *arguments)

    def create_database(self) -> None:
        """Make an empty, migrated database: a copy of the first one of this version."""
        database = self.folder / "airflow.db"
        kept = self.python.parents[2] / f"{self.version}.db"
        if not kept.exists():
            self.airflow("db", "migrate")
            part = kept.with_suffix(f".{os.getpid()}.part")
            shutil.copyfile(database, part)
            part.replace(kept)
        shutil.copyfile(kept, database)

    def test_dag(self, name: str) -> str:
        """Run a DAG as ``airflow dags test`` does; return what that prints."""
        return self.run("-c", TEST_DAG, name)

    def process_dags(self) -> None:
        """Let the real dag processor parse every file once, into a new database."""
        self.create_database()
        if self.version.startswith("2."):
            self.run("-c", PROCESS_DAGS_OF_AIRFLOW_2, str(self.dags))
        else:
            self.airflow("dag-processor", "--num-runs", "1")

    def inspect(self, **variables: str) -> dict[str, Any]:
        """Return what inspect_dags.py finds in the dags folder."""
        script = ROOT / "tests" / "matrix" / "inspect_dags.py"
        found: dict[str, Any] = json.loads(
            self.run(str(script), str(self.dags), **variables).splitlines()[-1]
        )
        return found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return rows of Airflow's database."""
        with closing(sqlite3.connect(self.folder / "airflow.db")) as database:
            return database.execute(query).fetchall()
