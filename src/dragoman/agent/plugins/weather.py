"""Measures weather that it makes up from the time of day, for nodes without hardware; a program on pywaggle."""

import argparse
import math
import sys
import time
from collections.abc import Mapping, Sequence

from waggle.plugin import Plugin

DAY = 86_400.0
SENSOR = "simulated"


def weather(second: float) -> Mapping[str, float]:
    """The values at a time: warm in the afternoon, a shower every hour."""
    sun = math.sin(2 * math.pi * (second / DAY - 0.3))
    shower = max(0.0, math.sin(2 * math.pi * second / 3600) - 0.8)
    temperature = 12.0 + 8.0 * sun + 0.3 * math.sin(second / 7)
    return {
        "env.temperature": round(temperature, 2),
        "env.relative_humidity": round(min(100.0, 70.0 - 25.0 * sun + 60.0 * shower), 2),
        "env.pressure": round(101_325.0 + 400.0 * math.cos(2 * math.pi * second / (3 * DAY)), 1),
        "env.raingauge.event_acc": round(20.0 * shower, 2),
    }


def main(words: Sequence[str]) -> int:
    """Measure once, or again and again."""
    parser = argparse.ArgumentParser(prog="weather", description=__doc__)
    parser.add_argument("-count", "--count", type=int, default=1, help="how often to measure")
    parser.add_argument("-interval", "--interval", type=float, default=1.0, help="seconds between two times")
    wanted = parser.parse_args(words)
    with Plugin() as plugin:
        for number in range(wanted.count):
            if number:
                time.sleep(wanted.interval)
            at = time.time_ns()
            for name, value in weather(at / 1e9).items():
                plugin.publish(name, value, meta={"sensor": SENSOR}, timestamp=at)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
