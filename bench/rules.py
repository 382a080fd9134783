"""A node's rules: how long one look at many of them takes."""

import time
from collections.abc import Iterator
from pathlib import Path

from tests.agent.bench import bench, many_rules

from bench.report import Row

LOOKS = 50


def sage_rules(place: Path) -> Iterator[Row]:
    """Two hundred rules over conditions, schedules and values in a real database, looked at again and again."""
    with bench(place) as node:
        node.serve(many_rules(node))
        node.round()  # reads them
        took = []
        for _ in range(LOOKS):
            begun = time.perf_counter()
            node.round()
            took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    yield Row(name="a look at 200 rules of a node", value=took[LOOKS // 2], unit="ms", aim="< 50 ms")


MEASURES = (sage_rules,)
