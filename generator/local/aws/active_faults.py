"""The faults that the emulated AWS has at the moment, and how often each has struck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from threading import Lock

from generator.local.aws.faults import Injection, parse


class ActiveFaults:
    """A set of faults that all services ask, each where it can fail; safe between threads."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._texts: tuple[str, ...] = ()
        self._injections: tuple[Injection, ...] = ()
        self._struck: Counter[tuple[Injection, str, str]] = Counter()
        self.set(texts)

    def set(self, texts: Iterable[str]) -> None:
        """Replace the faults; all begin to count again. Raises UnknownFaultError."""
        texts = tuple(texts)
        injections = tuple(parse(text) for text in texts)
        with self._lock:
            self._texts, self._injections = texts, injections
            self._struck.clear()

    @property
    def texts(self) -> tuple[str, ...]:
        """The faults as they were asked for."""
        return self._texts

    @property
    def struck(self) -> dict[str, int]:
        """How often each fault has struck, by "fault service.Operation"."""
        with self._lock:
            counts: Counter[str] = Counter()
            for (injection, operation, _), times in self._struck.items():
                counts[f"{injection.fault.name} {operation}"] += times
            return dict(counts)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._injections)

    def __contains__(self, name: str) -> bool:
        """Whether this fault is one of them."""
        return any(injection.fault.name == name for injection in self._injections)

    def strike(self, name: str, operation: str, whose: str = "", key: str = "") -> int:
        """The number of this strike (1, 2, …) on "service.Operation", 0 if there is none.

        Strikes are counted for each operation and each `whose`; `key` is that of an S3 object.
        """
        with self._lock:
            for injection in self._injections:
                if injection.fault.name != name or not injection.covers(operation, key):
                    continue
                counted = (injection, operation, whose)
                bound = injection.bound(operation)
                if bound is None or self._struck[counted] < bound:
                    self._struck[counted] += 1
                    return self._struck[counted]
        return 0

    def strike_first(self, names: Iterable[str], operation: str) -> str | None:
        """The first of these faults that strikes the operation."""
        return next((name for name in names if self.strike(name, operation)), None)
