"""A network door in front of the emulated AWS: `python door.py PORT TARGET` passes bytes on.

It stands for everything between Airflow and AWS that can die while AWS itself goes on.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from functools import partial


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until its end."""
    with suppress(ConnectionError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
    writer.close()


async def let_in(target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Join one connection with one to the target; refuse it where that has gone."""
    try:
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", target)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pour(reader, other_writer), pour(other_reader, writer))


async def main(port: int, target: int) -> None:
    server = await asyncio.start_server(partial(let_in, target), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
