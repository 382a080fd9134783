"""A real service with faults built in."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.service import Service

ROOT = str(Path(__file__).parents[2])


@contextmanager
def faulty_service(place: Path, faults: str, settings: Mapping[str, str]) -> Iterator[Service]:
    """A service with faults built in (see launcher) until it is restarted with another program."""
    service = Service(place, {**settings, "PYTHONPATH": os.pathsep.join(filter(None, (ROOT, os.getenv("PYTHONPATH"))))})
    service.program = (sys.executable, "-m", "tests.chaos.launcher", faults)
    service.start()
    try:
        yield service
    finally:
        if service.is_running():
            service.stop()
