"""Load a dags folder as this Airflow does and print what is in it, as JSON on the last line.

Runs in the environment of one version of MWAA, where there is no pytest and nothing of ours but
what the dags folder holds.
"""

import json
import sys
import traceback
import warnings

import airflow  # noqa: F401  # sends warnings to its log while it is imported

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
from airflow.models.serialized_dag import SerializedDagModel
from airflow.timetables.base import TimeRestriction

try:
    from airflow.serialization.serialized_objects import DagSerialization
except ImportError:
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization

ours = []


def remember(message, category, filename, lineno, file=None, line=None):
    """Keep a warning about a line of ours, or about a task that we are building."""
    building = any(
        frame.name == "build" and frame.filename.endswith("generator/build.py")
        for frame in traceback.extract_stack()
    )
    if building or "/generator/" in filename or filename.startswith(sys.argv[1]):
        ours.append(f"{filename}:{lineno}: {category.__name__}: {message}")


def tasks(dag):
    return {
        task.task_id: {
            "operator": f"{type(task).__module__}.{type(task).__name__}",
            "upstream": sorted(task.upstream_task_ids),
            "deferrable": getattr(task, "deferrable", False),
            "execution_timeout": task.execution_timeout.total_seconds(),
        }
        for task in dag.tasks
    }


def first_run(dag):
    """Return (logical date, time at which it runs) of the first run that a schedule asks for."""
    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    since = TimeRestriction(earliest=dag.start_date, latest=None, catchup=True)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=since)
    return info and (info.logical_date.isoformat(), info.run_after.isoformat())


def fingerprint(dag):
    """Return the hash by which Airflow tells whether a DAG has changed."""
    serialized = DagSerialization.to_dict(dag)
    if hasattr(SerializedDagModel, "hash"):
        return SerializedDagModel.hash(serialized)
    return SerializedDagModel(dag).dag_hash


warnings.simplefilter("always")
warnings.showwarning = remember
bag = DagBag(sys.argv[1])
print(
    json.dumps(
        {
            "errors": bag.import_errors,
            "warnings": ours,
            "dags": {
                name: {
                    "tasks": tasks(dag),
                    "hash": fingerprint(dag),
                    "first_run": first_run(dag),
                }
                for name, dag in sorted(bag.dags.items())
            },
        }
    )
)
