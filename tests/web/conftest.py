"""A tiny service in a process of its own, for what only a real connection shows."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    port: int
    pid: int
    directory: Path

    def open_blobs(self) -> int:
        """How many files below its directory the service has open."""
        links = list(Path(f"/proc/{self.pid}/fd").iterdir())
        return sum(str(link.readlink()).startswith(str(self.directory)) for link in links if link.is_symlink())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    command = [sys.executable, "-m", "tests.web.app", str(tmp_path / "blobs")]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        yield Served(port=int(service.stdout.readline()), pid=service.pid, directory=tmp_path / "blobs")
        service.terminate()
