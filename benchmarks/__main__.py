"""Measure, and print the table; `make bench` does it all, `--rows` some of it."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.report import draw, table, write_json
from benchmarks.result import TIMEOUT
from benchmarks.rounds import Rounds
from benchmarks.rows import ROWS

HERE = Path(__file__).parent
CURVE = (1, 10, 100, 1_000, 5_000)


def main() -> None:
    """Print the table, and write what was asked for."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="pipelines-bench-") as work:
        rounds = Rounds(Path(work), options.rounds)
        results = []
        for name in options.rows:
            results += ROWS[name](rounds, options.count)
        print(table(results), flush=True)
        if options.record:
            curve = _curve(rounds)
            write_json(HERE / "results.json", rounds, options.count, results, curve)
            draw(HERE / "parse-time.svg", curve)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="pipelines (default: 1000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default: 5)")
    parser.add_argument(
        "--rows",
        nargs="+",
        default=list(ROWS),
        choices=list(ROWS),
        metavar="ROW",
        help="only these: " + ", ".join(ROWS),
    )
    parser.add_argument(
        "--record", action="store_true", help="write benchmarks/results.json and the picture"
    )
    return parser.parse_args()


def _curve(rounds: Rounds) -> dict[str, dict[int, float]]:
    """Return the CPU seconds of one parse for each number of pipelines."""
    found: dict[str, dict[int, float]] = {name: {} for name in rounds.competitors}
    for count in CURVE:
        for name in rounds.competitors:
            if max(found[name].values(), default=0) > TIMEOUT:
                continue  # Airflow would have given up long before
            own = rounds.loader(name, count)
            repeated = 2 if name == "ours" else 1  # the first parse keeps what the next one finds
            seconds = [rounds.child("load", own)["seconds"] for _ in range(repeated)]
            found[name][count] = round(seconds[-1], 4)
    return found


if __name__ == "__main__":
    main()
