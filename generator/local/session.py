"""What a local command works in: an emulated AWS, and child processes that leave nothing behind."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from rich.console import Console

from generator.local.aws.account import variables
from generator.local.aws.server import EmulatedAws
from generator.local.processes import Processes

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotLocalError(Exception):
    """AWS_ENDPOINT_URL is not that of a running emulated AWS on this machine."""


@contextmanager
def emulated_aws(region: str, console: Console) -> Iterator[dict[str, str]]:
    """Yield the variables of an emulated AWS: the one at AWS_ENDPOINT_URL, or a new one.

    Only a new one is stopped afterwards. Raises NotLocalError: nothing may reach a real account.
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
        yield variables(url, region)
        return
    with console.status("Starting the emulated AWS"):
        aws = EmulatedAws(region=region).start()
    try:
        console.print(f"Emulated AWS at {aws.url}")
        yield aws.environment
    finally:
        aws.stop()


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
