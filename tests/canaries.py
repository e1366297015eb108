"""Made-up secrets, and a search for them in everything that a system leaves: files, databases."""

from __future__ import annotations

import base64
import gzip
import io
import sqlite3
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

Canaries = Mapping[str, str]
"""What a secret is for, and the secret itself."""

IN_THE_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIA" + "CANARY0000ACCESS",
    "AWS_SECRET_ACCESS_KEY": "canary1of" + "AWS0secret0access0key0",
    "AWS_SESSION_TOKEN": "canary2of" + "AWS0session0token",
    "DATABASE_PASSWORD": "canary3of" + "a0database",
    "GITHUB_TOKEN": "ghp" + "_canary4of0GitHub00000000000000000000",
    "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(
        b"canary5 of Airflow's fernet key!"
    ).decode(),
    "AIRFLOW_CONN_WAREHOUSE": "postgresql://me:" + "canary6of0a0connection@warehouse/sales",
    "AIRFLOW_VAR_API_TOKEN": "canary7of" + "an0Airflow0variable",
}
"""Variables of the process that starts a command; in an address, its password is secret."""

IN_SECRETS_MANAGER = {
    "airflow/connections/crm": "postgresql://me:" + "canary8of0a0connection@crm/customers",
    "airflow/variables/region_list": "canary9of" + "a0variable",
    "pipelines/warehouse/password": "canary10of" + "a0Glue0script",
}
"""Secrets by their names."""


def _secrets_of(values: Canaries) -> dict[str, str]:
    passwords = {name: urllib.parse.urlsplit(value).password for name, value in values.items()}
    return {name: passwords[name] or value for name, value in values.items()}


SECRETS = _secrets_of({**IN_THE_ENVIRONMENT, **IN_SECRETS_MANAGER})
"""What must be found nowhere."""


def found(content: bytes | str, wanted: Canaries = SECRETS) -> list[str]:
    """Return the names of what ``content`` holds of ``wanted``, plain, encoded or packed."""
    content = content.encode() if isinstance(content, str) else content
    parts = list(_unpacked(content))
    return [
        name
        for name, secret in wanted.items()
        if any(form in part for part in parts for form in _forms(secret.encode()))
    ]


def found_in(folder: Path, wanted: Canaries = SECRETS) -> list[str]:
    """Return `name: file` for each file below ``folder`` that holds one, or is named so."""
    places = []
    for file in sorted(folder.rglob("*")):
        place = str(file.relative_to(folder))
        content = b""
        if file.is_file() and not file.is_symlink():
            with suppress(FileNotFoundError):  # a temporary file of something that still runs
                content = file.read_bytes()
        cells = _cells(file) if content.startswith(b"SQLite format 3\0") else ()
        parts = [("", place.encode()), ("", content), *cells]
        places += [f"{name}: {place}{cell}" for cell, part in parts for name in found(part, wanted)]
    return places


def _forms(secret: bytes) -> Iterator[bytes]:
    """Yield how a secret may be written: as it is, in base64 at any offset, in hexadecimal."""
    yield secret
    yield secret.hex().encode()
    yield secret.decode().encode("utf-16-le")
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + secret)
        # The first and last characters depend on what is around it.
        yield whole[(0, 2, 3)[offset] : -4]


def _unpacked(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """Yield what is looked through, and what is packed in it."""
    yield content
    if depth > 3:
        return
    with suppress(OSError, EOFError, zlib.error, zipfile.BadZipFile):
        if content.startswith(b"\x1f\x8b"):
            yield from _unpacked(gzip.decompress(content), depth + 1)
        elif content.startswith((b"x\x01", b"x\x9c", b"x\xda")):
            yield from _unpacked(zlib.decompress(content), depth + 1)
        elif content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    yield from _unpacked(archive.read(name), depth + 1)


def _cells(database: Path) -> Iterator[tuple[str, bytes]]:
    """Yield place and value of every cell of an SQLite database that has a text."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (table,) in connection.execute(names).fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"')
            columns = [each[0] for each in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    if isinstance(value, (str, bytes)):
                        content = value.encode() if isinstance(value, str) else value
                        yield f" {table}.{column}", content
