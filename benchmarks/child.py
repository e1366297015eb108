"""Runs in a process of its own, does one thing that is measured, and prints what it took as JSON.

Usage: python -m benchmarks.child WHAT LOADER
"""

from __future__ import annotations

import gc
import hashlib
import importlib.util
import json
import os
import resource
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

ASKED = "BENCHMARK_DAG_ID"


def execute(loader: Path) -> dict[str, Any]:
    """Execute a loader as Airflow does; return its globals."""
    sys.path.insert(0, str(loader.parent))
    spec = importlib.util.spec_from_file_location("measured_loader", loader)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["measured_loader"] = module
    spec.loader.exec_module(module)
    return vars(module)


def dags_of(found: dict[str, Any]) -> dict[str, Any]:
    from airflow.sdk import DAG

    return {each.dag_id: each for each in list(found.values()) if isinstance(each, DAG)}


def import_airflow(loader: Path) -> None:
    """Import what the DAG processor's manager has imported before it forks for a file."""
    import airflow.dag_processing.manager
    import airflow.serialization.serialized_objects  # noqa: F401
    from airflow.utils.file import iter_airflow_imports

    for name in iter_airflow_imports(str(loader)):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def load(loader: Path) -> dict[str, Any]:
    """CPU seconds of a loader, where Airflow is imported already, and the peak of memory."""
    import_airflow(loader)
    begin = process_time()
    found = execute(loader)
    took = process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": took, "peak_mib": peak, "dags": len(dags_of(found))}


def load_for_task(loader: Path) -> dict[str, Any]:
    """CPU seconds of what a task's process does before the task, when it has just been forked.

    Airflow is there, the providers of the DAG's operators are not.
    """
    import airflow.dag_processing.dagbag
    import airflow.sdk.execution_time.task_runner  # noqa: F401

    os.environ["_AIRFLOW_PARSING_CONTEXT_DAG_ID"] = os.environ[ASKED]
    os.environ["_AIRFLOW_PARSING_CONTEXT_TASK_ID"] = "train"
    begin = process_time()
    found = execute(loader)
    took = process_time() - begin
    assert os.environ[ASKED] in dags_of(found)
    return {"seconds": took}


def load_in_forks(loader: Path, times: int = 15) -> dict[str, Any]:
    """CPU seconds of a forked process that executes a loader, as the DAG processor's do."""
    import_airflow(loader)
    took = []
    for _ in range(times):
        process = os.fork()
        if not process:
            execute(loader)
            os._exit(0)
        _, status, usage = os.wait4(process, 0)
        assert status == 0
        took.append(usage.ru_utime + usage.ru_stime)
    return {"seconds": sorted(took)[times // 2]}


def serialize(loader: Path) -> dict[str, Any]:
    """A digest of each serialized DAG, without the file that it is from."""
    from airflow.serialization.serialized_objects import DagSerialization

    digests = {}
    for dag_id, dag in sorted(dags_of(execute(loader)).items()):
        data = DagSerialization.to_dict(dag)
        for key in ("fileloc", "relative_fileloc", "_processor_dags_folder", "fileloc_hash"):
            data["dag"].pop(key, None)
        written = json.dumps(data, sort_keys=True)
        digests[dag_id] = hashlib.sha256(written.encode()).hexdigest()
        if os.environ.get("BENCHMARK_DUMP"):
            Path(os.environ["BENCHMARK_DUMP"], f"{loader.stem}.json").write_text(
                json.dumps(data, sort_keys=True, indent=1)
            )
    return {"digests": digests}


WHAT: dict[str, Callable[[Path], dict[str, Any]]] = {
    "load": load,
    "load-for-task": load_for_task,
    "load-in-forks": load_in_forks,
    "serialize": serialize,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    measured = WHAT[sys.argv[1]](Path(sys.argv[2]))
    print("MEASURED", json.dumps(measured), flush=True)
    os._exit(0)  # nothing to clean up that would be worth its time
