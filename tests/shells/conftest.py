"""The shells that subscribe to the contract, and a place for each test."""

from pathlib import Path

import pytest

from dragoman.core.ports import Shell
from dragoman.shells import LocalShell, UnpackLimits
from tests.hosts.swift import swift_host
from tests.shells.grounds import anywhere, ground

__all__ = ["anywhere", "ground", "shell", "swift_host", "work"]


@pytest.fixture(params=["local"])
def shell(request: pytest.FixtureRequest) -> Shell:
    """One shell after the other; each reaches the files of this host."""
    return {"local": LocalShell(UnpackLimits())}[request.param]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A working directory, in a parent that holds nothing else."""
    directory = tmp_path / "parent" / "work"
    directory.mkdir(parents=True)
    return directory
