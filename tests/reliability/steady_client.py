"""Somebody who asks an endpoint all the time, and remembers every answer."""

from __future__ import annotations

import threading
import time
from typing import Any

ROW = "0.4,0.1,-0.2,0.3,0.5"


class SteadyClient:
    """Asks about one row again and again in a thread, as a context manager."""

    def __init__(self, runtime: Any, endpoint: str) -> None:
        self._runtime, self._endpoint = runtime, endpoint
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_all_the_time)
        self.answers: set[str] = set()
        self.asked = 0
        self.failures: list[str] = []

    def ask(self) -> str:
        """The endpoint's prediction, as it writes it."""
        answer = self._runtime.invoke_endpoint(
            EndpointName=self._endpoint, ContentType="text/csv", Accept="text/csv", Body=ROW
        )
        return str(answer["Body"].read().decode().strip())

    def __enter__(self) -> SteadyClient:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask_all_the_time(self) -> None:
        while not self._over.is_set():
            try:
                self.answers.add(self.ask())
            except Exception as error:  # whatever it is, a request has failed
                self.failures.append(repr(error))
            self.asked += 1
            time.sleep(0.05)
