"""Trains the emulated XGBoost container on small data: JSON in, JSON out, in a process of its own.

The process can have another release of XGBoost than the tests, that of a container version.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from examples import ROOT

from generator.local.aws.containers import Container

Trial = dict[str, str]
"""Hyperparameters as the container gets them."""


def run_trials(version: str, trials: list[Trial]) -> list[dict[str, Any]]:
    """Train each with the XGBoost of a container version, where it is installed.

    Returns for each either ``error`` or ``metrics`` after the last round and ``predictions``.
    """
    path = [*Container(version).python_path, ROOT, Path(__file__).parent]
    result = subprocess.run(
        [sys.executable, "-W", "ignore", __file__],
        # One thread: the data are too small for more, and their waiting costs a busy machine.
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path)), "OMP_NUM_THREADS": "1"},
        input=json.dumps(trials),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    answers: list[dict[str, Any]] = json.loads(result.stdout.splitlines()[-1])
    return answers


def _train(trial: Trial) -> dict[str, Any]:
    from generator.local.aws.hyperparameters import validate
    from generator.local.aws.training_container import train

    said = io.StringIO()
    try:
        parameters = validate(trial)
        data = _data(parameters.get("objective", "reg:squarederror"))
        with contextlib.redirect_stdout(said):
            channels = {"train": data, "validation": data}
            _, booster = train(parameters, channels, Path("no-checkpoints"))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}".partition("Stack trace")[0]}
    _, *scores = said.getvalue().splitlines()[-1].split("\t")
    metrics = dict(score.removeprefix("validation-").rsplit(":", 1) for score in scores)
    return {"metrics": metrics, "predictions": booster.predict(data).ravel().tolist()}


def _data(objective: str) -> Any:
    """Return 100 rows of three features with labels as the objective wants them."""
    import numpy
    import xgboost

    random = numpy.random.default_rng(7)
    features = random.random((100, 3))
    signal = features[:, 0] + 0.3 * random.random(100)
    labels = signal + 0.1
    if objective.startswith(("binary:", "rank:")) or objective == "reg:logistic":
        labels = signal > 0.6
    elif objective.startswith("multi:"):
        labels = (signal > 0.4).astype(int) + (signal > 0.8)
    elif objective.startswith("count:"):
        labels = (signal * 5).round()
    matrix = xgboost.DMatrix(features, labels)
    if objective.startswith("rank:"):
        matrix.set_group([20] * 5)
    return matrix


if __name__ == "__main__":
    print(json.dumps([_train(trial) for trial in json.load(sys.stdin)]))
