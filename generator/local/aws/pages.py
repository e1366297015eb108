"""Answers that AWS gives page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from generator.local.aws.errors import AwsError

Item = TypeVar("Item")


def page(
    items: Sequence[Item], request: dict[str, Any], key: str, most: int = 100
) -> tuple[list[Item], dict[str, str]]:
    """The page that `request` asks for, and {"NextToken": …} if there is another one.

    `key` is the request's name for the page size; the token is the index of the next item.
    """
    token = request.get("NextToken") or "0"
    if not token.isdigit():
        raise AwsError("ValidationException", f"Invalid NextToken: {token}")
    start, size = int(token), request.get(key) or most
    following = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return list(items[start : start + size]), following
