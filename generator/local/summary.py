"""The end of a local run as a person wants to see it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from generator.local.results import Report


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
    if report.endpoint:
        facts.append(("Endpoint", f"{report.endpoint['name']} is {report.endpoint['status']}"))
        facts.append(("Configuration", report.endpoint["configuration"]))
    if report.reason:
        facts.append(("Reason", report.reason))
    return facts


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
