"""Names of what never changes in SageMaker: a hash of the content tells versions apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from generator.operators.consistency import once_known

_DIGITS = 6


def content_name(request: Mapping[str, Any], key: str) -> str:
    """Return the name in ``request[key]`` with a hash of the rest of the request, but its tags.

    So a name stands for one content, and who finds the name taken has found what they wanted.
    """
    content = {name: value for name, value in request.items() if name not in (key, "Tags")}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"{request[key]}-{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def create_once(create: Callable[..., Any], request: Mapping[str, Any]) -> bool:
    """Create what a request names; return False if it is there already.

    SageMaker has no code of its own for that: https://github.com/apache/airflow/issues/39502.
    """
    try:
        once_known(lambda: create(**request))
    except ClientError as error:
        if "already exist" in error.response["Error"].get("Message", ""):
            return False
        raise
    return True
