"""Published clients that cannot share our environment: each has one of its own, made from hashed requirements."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NO_PYTHON = 3
"""How scripts/clients ends then."""


def python_of(client: str) -> Path:
    """The Python that has this client, as ``NAME-VERSION``; its environment is made when it is missing or stale.

    Skips the test where the client needs a Python that is not here.
    """
    made = subprocess.run(
        [ROOT / "scripts/clients", client], check=False, stderr=subprocess.PIPE, text=True, timeout=240
    )
    if made.returncode == NO_PYTHON:
        pytest.skip(made.stderr.strip())
    assert 0 == made.returncode, made.stderr
    return ROOT / ".venv-clients" / client / "bin/python"


def walk(client: str, script: Path, told: dict[str, Any], *, seconds: float = 240) -> dict[str, Any]:
    """Run a script by that Python, away from our own modules; what it tells, as JSON both ways."""
    argv: list[str | Path] = [python_of(client), "-I", script]
    done = subprocess.run(argv, input=json.dumps(told), capture_output=True, text=True, timeout=seconds, check=False)
    assert 0 == done.returncode, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
