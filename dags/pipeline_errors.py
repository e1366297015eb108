"""Shows every mistake in pipelines/ as Airflow's import error; the DAGs are in pipelines.py.

One file for the DAGs and one for the errors, because Airflow marks all DAGs of a file that has
an import error as stale.
"""

from pathlib import Path

from generator.dag import raise_problems

SHARD = (1, 1)
"""Which of how many files this is: `pipelines bundle` writes several for many pipelines."""

raise_problems(Path(__file__), SHARD)
