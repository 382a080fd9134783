"""The ``dragoman`` command in a test's hand: the whole program, called in this process, in a directory of its own."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dragoman.cli import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a call ended, and what it printed."""

    code: int
    out: str
    err: str


Dragoman = Callable[..., Told]


@pytest.fixture
def dragoman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Dragoman:
    """Calls the program with these words. No setting comes from outside, and the screen is wide."""
    for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Told:
        monkeypatch.setattr(sys, "argv", ["dragoman", *words])
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        assert isinstance(code, int)
        told = capsys.readouterr()
        return Told(code=code, out=told.out, err=told.err)

    return call
