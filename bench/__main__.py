"""python -m bench [WORD …]: every measure, or those whose names contain one of the words."""

import sys
import tempfile
from pathlib import Path

import pytest

from bench import passing, rescale, staging, tapis3, watching
from bench.report import Row, show

MEASURES = (*rescale.MEASURES, *tapis3.MEASURES, *watching.MEASURES, *passing.MEASURES, *staging.MEASURES)


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
    show(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
