"""What runs instead of a job that shall not do its work: `python -m … fail|hang FILE`.

`fail` writes FILE, the reason, and ends with exit code 1; `hang` goes on until it is stopped.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

REASON = "RuntimeError: this job was told to fail"


def main(deed: str, file: Path) -> int:
    """Fail or hang; the exit code."""
    if deed == "hang":
        print("this job was told to go on until it is stopped", flush=True)
        while True:
            time.sleep(60.0)
    print(f"Traceback (most recent call last):\n{REASON}", file=sys.stderr, flush=True)
    file.write_text(REASON, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
