"""python -m bench [WORD …]: every measure, or those whose names contain one of the words."""

import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from tests.chaos.leftovers import processes_of

from bench import goals, measurements, passing, rescale, rules, staging, tapis3, trivial, watching
from bench.report import Row, show

MEASURES = (
    *rescale.MEASURES,
    *trivial.MEASURES,
    *tapis3.MEASURES,
    *watching.MEASURES,
    *passing.MEASURES,
    *staging.MEASURES,
    *measurements.MEASURES,
    *goals.MEASURES,
    *rules.MEASURES,
)


def main(words: list[str]) -> None:
    """Measure and print."""
    rows: list[Row] = []
    for measure in MEASURES:
        if words and not any(word in measure.__name__ for word in words):
            continue
        print(f"{measure.__name__} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as place:
            try:
                rows += measure(Path(place))
            except pytest.skip.Exception as lacking:
                print(f"left out: {lacking}", file=sys.stderr)
            finally:
                _end_runs(Path(place))
    show(rows)


def _end_runs(place: Path) -> None:
    """Runs outlive their service; nobody wants these any more."""
    for process in processes_of(place):
        with suppress(ProcessLookupError):
            os.kill(int(process.split()[0]), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
