"""A picture of a pipeline's tasks: Mermaid for documents, boxes for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SERVICES = {
    "GlueOperator": "AWS Glue",
    "TrainingOperator": "SageMaker training",
    "EvaluationOperator": "gate",
    "ModelOperator": "SageMaker model",
    "EndpointConfigOperator": "SageMaker endpoint configuration",
    "EndpointOperator": "SageMaker endpoint",
    "VerificationOperator": "proof of what is live",
    "AutoscalingOperator": "Application Auto Scaling",
    "SmokeTestOperator": "sample rows",
    "RetentionOperator": "old models and configurations",
}


def mermaid(configuration: Mapping[str, Any]) -> str:
    """Return the tasks of an expanded configuration as a Mermaid flowchart."""
    tasks = _tasks(configuration)
    nodes = [f'    {name}["{name}<br/>{_service(task)}"]' for name, task in tasks.items()]
    edges = [
        f"    {upstream} --> {name}"
        for name, task in tasks.items()
        for upstream in task["dependencies"]
    ]
    return "\n".join(["flowchart LR", *nodes, *edges])


def boxes(configuration: Mapping[str, Any]) -> str:
    """Return the tasks as text, one row of boxes per step; rows run from top to bottom."""
    tasks = _tasks(configuration)
    rows = _rows(tasks)
    drawn = [_row(row, above, tasks) for above, row in zip([[], *rows], rows, strict=False)]
    width = max(len(line) for row in drawn for line in row)
    arrow = "▼".center(width).rstrip()
    centred = ["\n".join(line.center(width).rstrip() for line in row) for row in drawn]
    return f"\n{arrow}\n".join(centred)


def _tasks(configuration: Mapping[str, Any]) -> Mapping[str, Any]:
    ((_, dag),) = configuration.items()
    return dag["tasks"]


def _service(task: Mapping[str, Any]) -> str:
    operator = task["operator"].rpartition(".")[2]
    return _SERVICES.get(operator, operator)


def _rows(tasks: Mapping[str, Any]) -> list[list[str]]:
    """Put every task one row below the lowest task that it waits for."""
    level: dict[str, int] = {}
    while len(level) < len(tasks):
        for name, task in tasks.items():
            if name not in level and all(need in level for need in task["dependencies"]):
                level[name] = 1 + max((level[need] for need in task["dependencies"]), default=-1)
    return [
        [name for name in tasks if level[name] == row] for row in range(max(level.values()) + 1)
    ]


def _row(names: list[str], above: list[str], tasks: Mapping[str, Any]) -> list[str]:
    """Draw one row; where the arrow from above would not tell, name what each task awaits."""
    plain = all(tasks[name]["dependencies"] == above for name in names)
    drawn = [_box([name, _service(tasks[name])], plain, tasks[name]) for name in names]
    return ["  ".join(parts) for parts in zip(*drawn, strict=True)]


def _box(texts: list[str], plain: bool, task: Mapping[str, Any]) -> list[str]:
    if not plain:
        awaited = ", ".join(task["dependencies"])
        texts.append(f"after {awaited}" if awaited else "")
    width = max(len(text) for text in texts)
    lines = [f"│ {text.center(width)} │" for text in texts]
    return [f"┌{'─' * (width + 2)}┐", *lines, f"└{'─' * (width + 2)}┘"]
