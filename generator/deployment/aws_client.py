"""Clients of AWS, or of the emulated one at AWS_ENDPOINT_URL."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def endpoint_url() -> str:
    """Return where AWS is emulated, empty for AWS itself."""
    return os.environ.get(ENDPOINT_VARIABLE, "")


def config(attempts: int) -> Config:
    """Return how to call AWS, trying each call up to ``attempts`` times."""
    local = urlsplit(endpoint_url()).hostname in _LOOPBACK
    settings: dict[str, Any] = {
        "connect_timeout": 5,
        "read_timeout": 20,
        "retries": {"mode": "standard", "total_max_attempts": attempts},
    }
    # A number has no subdomains; MWAA would be asked for at api.127.0.0.1.
    return Config(**settings, **({"inject_host_prefix": False, "proxies": {}} if local else {}))
