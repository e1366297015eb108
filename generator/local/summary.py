"""The end of a local run as a person wants to see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from generator.local.results import Report

_SHOWN = 5


def show(report: Report, console: Console) -> None:
    """Print the outcome, the numbers and a few predictions."""
    colour = "green" if report.state == "success" else "red"
    console.print()
    console.print(
        Text(f"{report.pipeline}: {report.state}", style=f"bold {colour}"),
        f"in {report.seconds:.0f} s on the emulated AWS ({report.environment})",
    )
    for name, value in _facts(report):
        console.print(Text.assemble((f"  {name:<20}", "bold"), value), soft_wrap=True)
    if report.predictions:
        console.print("\n  Rows that training has not seen, with the features that matter most:\n")
        console.print(_predictions(report.predictions))


def _facts(report: Report) -> list[tuple[str, str]]:
    facts = []
    for job in report.glue:
        counts = ", ".join(f"{name} {count:,}" for name, count in job["rows"].items())
        facts.append((f"Rows ({job['job']})", counts or "not printed by the script"))
    if report.training:
        facts.append(("Training job", report.training["name"]))
        if report.training["trained_with"]:
            facts.append(("Trained with", report.training["trained_with"]))
        for metric, value in report.training["metrics"].items():
            if metric.startswith("validation:"):
                facts.append((f"Validation {metric.partition(':')[2]}", f"{value:.4f}"))
        facts.append(("Model", report.training["model_artifact"]))
    facts += _gate(report.evaluation)
    if report.skipped:
        facts.append(("Skipped", ", ".join(report.skipped)))
    if report.endpoint:
        facts.append(("Endpoint", f"{report.endpoint['name']} is {report.endpoint['status']}"))
        facts.append(("Configuration", report.endpoint["configuration"]))
    facts += _checks(report)
    facts += _faults(report.faults)
    if report.reason:
        facts.append(("Reason", report.reason))
    return facts


def _gate(evaluation: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """The numbers that the model was judged by, and the judgement."""
    if not evaluation:
        return []
    metrics = _numbers(evaluation.get("metrics") or {})
    production = evaluation.get("production")
    facts = [("Judged by", metrics)]
    if production:
        facts.append(("In production", _numbers(production.get("metrics") or {})))
    refusals = evaluation.get("refusals") or []
    facts += [("Refused", str(refusal)) for refusal in refusals]
    return facts if refusals else [*facts, ("Evaluation", "accepted")]


def _checks(report: Report) -> list[tuple[str, str]]:
    """What was looked at after the deployment."""
    facts = []
    if report.verification and report.verification.get("verified"):
        facts.append(("Verified", f"it serves {report.verification.get('model')}"))
    if report.smoke_test:
        predictions = report.smoke_test.get("predictions") or []
        shown = ", ".join(f"{value:g}" for value in predictions[:_SHOWN])
        more = ", …" if len(predictions) > _SHOWN else ""
        facts.append(("Smoke test", f"{report.smoke_test.get('rows')} rows: {shown}{more}"))
    return facts


def _faults(struck: Mapping[str, int]) -> list[tuple[str, str]]:
    """How often each fault has struck; where, if it was in one place only."""
    places: dict[str, dict[str, int]] = {}
    for key, times in struck.items():
        fault, _, operation = key.partition(" ")
        places.setdefault(fault, {})[operation] = times
    facts = []
    for fault, counts in places.items():
        total = sum(counts.values())
        where = next(iter(counts)) if len(counts) == 1 else f"{len(counts)} operations"
        facts.append(("Fault", f"{fault}: {total} {'time' if total == 1 else 'times'} in {where}"))
    return facts


def _numbers(metrics: Mapping[str, Any]) -> str:
    """`validation:auc 0.91`; a metric that is not finite is told as text."""
    return ", ".join(
        f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}"
        for name, value in metrics.items()
    )


def _predictions(predictions: list[dict[str, Any]]) -> Table:
    shown = list(predictions[0]["features"])
    table = Table(box=None)
    table.add_column("row", justify="right")
    for name in shown:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_column("prediction", justify="right")
    table.add_column("truth", justify="right")
    for each in predictions:
        features = [each["features"][name] for name in shown]
        prediction = each["prediction"]
        text = f"{prediction:.3f}" if isinstance(prediction, float) else prediction
        table.add_row(str(each["row"]), *features, text, f"{each['truth']:g}")
    return table
