"""The built-in XGBoost container in algorithm mode: `python -m … FOLDER VERSION`.

FOLDER stands for the container's /opt/ml, laid out as AWS documents it:
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import xgboost

from generator.local.aws.containers import INTERRUPTION, introduction
from generator.local.aws.evaluation import custom_metric, is_maximized, split_metrics
from generator.local.aws.hyperparameters import UserError, validate
from generator.local.aws.training_data import load_channel

# Hyperparameters that steer the container and are not XGBoost's.
_OWN = ("num_round", "csv_weights", "early_stopping_rounds", "save_model_on_termination")
_CHECKPOINTS_KEPT = 5
_TERMINATED = 128 + signal.SIGTERM


class Rounds(xgboost.callback.TrainingCallback):
    """After each round: prints its metrics, saves a checkpoint, ends early after SIGTERM."""

    def __init__(self, first: int, checkpoints: Path | None) -> None:
        super().__init__()
        self.terminated = False
        self._first = first
        self._checkpoints = checkpoints
        self._last = int(os.environ.get(INTERRUPTION, 0))
        signal.signal(signal.SIGTERM, self._terminate)

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Prints `[0]<tab>train-logloss:0.50000<tab>validation-logloss:0.60000`."""
        number = self._first + epoch
        scores = [
            f"{data}-{metric}:{values[-1]:.5f}"
            for data, metrics in evals_log.items()
            for metric, values in metrics.items()
        ]
        print("\t".join([f"[{number}]", *scores]), flush=True)
        if self._checkpoints:
            save(model, self._checkpoints / f"xgboost-checkpoint.{number}")
            old = self._checkpoints / f"xgboost-checkpoint.{number - _CHECKPOINTS_KEPT}"
            old.unlink(missing_ok=True)
        if epoch + 1 == self._last:
            self._terminate()
        return self.terminated

    def _terminate(self, *_: Any) -> None:
        self.terminated = True


def main(folder: Path, version: str) -> int:
    """Trains; the exit code. The reason of a failure is left in FOLDER/output/failure."""
    print(introduction(version, xgboost.__version__), flush=True)
    try:
        return run(folder, version)
    except UserError as error:
        reason = str(error)
    except Exception as error:  # XGBoost's own failures become the job's reason
        traceback.print_exc()
        # XGBoost's messages go on with a stack trace of its own.
        reason = f"{type(error).__name__}: {str(error).partition('Stack trace')[0].strip()}"
    print(f"ERROR: {reason}", file=sys.stderr)
    (folder / "output" / "failure").write_text(f"AlgorithmError: framework error: {reason}")
    return 1


def run(folder: Path, version: str) -> int:
    """Reads the configuration and the channels, trains, and saves the model."""
    raw = _read_json(folder, "hyperparameters")
    parameters = validate(raw)
    matrices = _load(folder, version, bool(parameters.get("csv_weights")))
    rounds, booster = train(parameters, matrices, folder / "checkpoints")
    if rounds.terminated and parameters.get("save_model_on_termination") != "true":
        return _TERMINATED
    save(booster, folder / "model" / "xgboost-model")
    return 0


def train(
    parameters: dict[str, Any], matrices: dict[str, xgboost.DMatrix], checkpoints: Path
) -> tuple[Rounds, xgboost.Booster]:
    """Boosts for num_round rounds, less those that a checkpoint already has."""
    settings = {name: value for name, value in parameters.items() if name not in _OWN}
    native, own = split_metrics(parameters.get("eval_metric", []))
    settings.pop("eval_metric", None)
    if native:
        settings["eval_metric"] = native
    elif own:
        settings["disable_default_eval_metric"] = 1
    done, previous = _latest_checkpoint(checkpoints)
    rounds = Rounds(done, checkpoints if checkpoints.is_dir() else None)
    booster = xgboost.train(
        settings,
        matrices["train"],
        num_boost_round=max(0, parameters["num_round"] - done),
        evals=[(matrix, name) for name, matrix in matrices.items()],
        custom_metric=custom_metric(own, parameters["objective"]) if own else None,
        callbacks=[rounds, *_early_stopping(parameters, matrices)],
        verbose_eval=False,
        xgb_model=previous,
    )
    return rounds, booster


def _early_stopping(parameters: dict[str, Any], matrices: dict[str, Any]) -> list[Any]:
    """Early stopping on the last metric; nothing without metrics or a validation channel."""
    rounds, metrics = parameters.get("early_stopping_rounds"), parameters.get("eval_metric")
    if not (rounds and metrics and "validation" in matrices):
        return []
    return [
        xgboost.callback.EarlyStopping(
            rounds=rounds,
            data_name="validation",
            metric_name=metrics[-1],
            maximize=is_maximized(metrics[-1]),
            save_best=True,  # which fails with gblinear
        )
    ]


def _load(folder: Path, version: str, weighted: bool) -> dict[str, xgboost.DMatrix]:
    channels = _read_json(folder, "inputdataconfig")
    if "train" not in channels:
        raise UserError("Channel configuration for 'train' channel is required")
    matrices = {}
    for name in ("train", "validation"):
        if name in channels:
            matrices[name] = _load_channel(folder, name, channels[name], version, weighted)
    hosts = _read_json(folder, "resourceconfig")["instance_count"]
    if hosts > 1:
        print(f"NOTE: {hosts} instances were asked for; the emulated AWS trains on one.")
    return matrices


def _load_channel(
    folder: Path, name: str, channel: dict[str, Any], version: str, weighted: bool
) -> xgboost.DMatrix:
    if channel["TrainingInputMode"] == "Pipe":
        known = "is not supported by" if version.startswith("3.2") else "is not emulated for"
        raise UserError(f"Pipe mode {known} container version {version}; use File mode.")
    data = folder / "input" / "data" / name
    matrix = load_channel(data, channel["ContentType"], weighted, folder / "staging" / name)
    label = "Train" if name == "train" else "Validation"
    print(f"{label} matrix has {matrix.num_row()} rows and {matrix.num_col()} columns", flush=True)
    return matrix


def _latest_checkpoint(folder: Path) -> tuple[int, Any]:
    """How many rounds the newest checkpoint has behind it, and its booster."""
    numbers = [int(path.suffix[1:]) for path in folder.glob("xgboost-checkpoint.*")]
    if not numbers:
        return 0, None
    newest = max(numbers)
    booster = xgboost.Booster()
    booster.load_model(bytearray((folder / f"xgboost-checkpoint.{newest}").read_bytes()))
    print(f"Checkpoint found, resuming after round {newest}")
    return newest + 1, booster


def save(booster: xgboost.Booster, file: Path) -> None:
    """Writes the model in the format that this XGBoost release prefers: binary up to 2.0."""
    old = int(xgboost.__version__.split(".")[0]) < 2
    file.write_bytes(booster.save_raw("deprecated" if old else "ubj"))


def _read_json(folder: Path, name: str) -> Any:
    file = folder / "input" / "config" / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
