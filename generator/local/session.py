"""What a local command works in: an emulated AWS, and child processes that leave nothing behind."""

from __future__ import annotations

import json
import os
import socket
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console

from generator.local.aws.account import variables
from generator.local.aws.fault_switch import PATH
from generator.local.aws.server import EmulatedAws
from generator.local.processes import Processes

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotLocalError(Exception):
    """AWS_ENDPOINT_URL is not that of a running emulated AWS on this machine."""


@contextmanager
def emulated_aws(
    region: str, console: Console, faults: Sequence[str] = ()
) -> Iterator[dict[str, str]]:
    """Yield the variables of an emulated AWS: the one at AWS_ENDPOINT_URL, or a new one.

    It has the ``faults``; one that was there has its own again afterwards, a new one is stopped.
    Raises NotLocalError: nothing may reach a real account.
    """
    url = os.environ.get(ENDPOINT_VARIABLE)
    if url:
        if urlsplit(url).hostname not in _LOOPBACK:
            raise NotLocalError(
                f"{ENDPOINT_VARIABLE} is {url}, which is not on this machine; "
                "unset it, or export what `pipelines aws` prints"
            )
        _refuse_silent(url)
        console.print(f"Using the emulated AWS at {url}")
        with _switched(url, faults):
            yield variables(url, region)
        return
    with console.status("Starting the emulated AWS"):
        aws = EmulatedAws(region=region, faults=faults).start()
    try:
        console.print(f"Emulated AWS at {aws.url}")
        yield aws.environment
    finally:
        aws.stop()


def struck(url: str) -> dict[str, int]:
    """Return how often the faults of the emulated AWS at ``url`` have struck, by what and where."""
    counts: dict[str, int] = _switch(url, "GET")["struck"]
    return counts


@contextmanager
def _switched(url: str, faults: Sequence[str]) -> Iterator[None]:
    """Give a running emulated AWS these faults, if any, for the while."""
    if not faults:
        yield
        return
    before = _switch(url, "GET")["faults"]
    _switch(url, "POST", {"faults": list(faults)})
    try:
        yield
    finally:
        _switch(url, "POST", {"faults": before})


def _switch(url: str, method: str, content: Any = None) -> Any:
    body = None if content is None else json.dumps(content).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{url}{PATH}", body, method=method)  # noqa: S310 (loopback)
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def _refuse_silent(url: str) -> None:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=5).close()
    except OSError:
        raise NotLocalError(
            f"nothing answers at {url}; start `pipelines aws` again or unset {ENDPOINT_VARIABLE}"
        ) from None


@contextmanager
def child_processes() -> Iterator[Processes]:
    """Yield a home for child processes that leaves nothing behind, however this one ends."""
    processes = Processes()
    try:
        yield processes
    finally:
        processes.close()
        processes.clean_up()
