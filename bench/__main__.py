"""python -m bench [WORD …]: every measure, or those whose names contain one of the words."""

import sys
import tempfile
from pathlib import Path

from bench import measurements, rescale
from bench.report import Row, show

MEASURES = (*rescale.MEASURES, *measurements.MEASURES)


def main(words: list[str]) -> None:
    """Measure and print."""
    rows: list[Row] = []
    for measure in MEASURES:
        if words and not any(word in measure.__name__ for word in words):
            continue
        print(f"{measure.__name__} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as place:
            rows += measure(Path(place))
    show(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
