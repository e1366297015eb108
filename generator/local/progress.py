"""Tells about each task of a run when it starts and when it ends."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from generator.local.airflow import TaskState

_ENDED = ("success", "failed", "skipped", "upstream_failed")


class Progress:
    """Prints a line for each task that has ended since the last look.

    Where there is no terminal to show a running line in, a task's start is a line, too.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._ended: set[str] = set()
        self._started: dict[str, float] = {}

    def tell(self, tasks: Sequence[TaskState]) -> None:
        """Look at the tasks again, and print what is new."""
        for task in tasks:
            if task.state in _ENDED:
                self._end(task)
            elif task.state in ("running", "deferred") and task.task not in self._started:
                self._started[task.task] = time.monotonic()
                if not self._console.is_terminal:
                    self._console.print(f"  {task.task} …")

    @property
    def line(self) -> str:
        """Return what is running and for how long, or an empty text."""
        now = time.monotonic()
        running = [
            f"{task} … {now - since:.0f} s"
            for task, since in self._started.items()
            if task not in self._ended
        ]
        return ", ".join(running)

    def _end(self, task: TaskState) -> None:
        if task.task in self._ended:
            return
        self._ended.add(task.task)
        mark, style = ("✓", "green") if task.state == "success" else ("✗", "red")
        seconds = "" if task.seconds is None else f"{task.seconds:6.1f} s"
        outcome = "" if task.state == "success" else f"  {task.state}"
        text = f"{task.task:<28}{seconds}{outcome}"
        self._console.print(Text.assemble((f"  {mark} ", style), text))
