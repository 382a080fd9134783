"""Published clients that cannot share our environment: each has one of its own, made from hashed requirements."""

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def python_of(client: str) -> Path:
    """The Python that has this client, as ``NAME-VERSION``; its environment is made when it is missing or stale."""
    subprocess.run([ROOT / "scripts/clients", client], check=True, timeout=240)
    return ROOT / ".venv-clients" / client / "bin/python"


def walk(client: str, script: Path, told: dict[str, Any], *, seconds: float = 240) -> dict[str, Any]:
    """Run a script by that Python, away from our own modules; what it tells, as JSON both ways."""
    argv: list[str | Path] = [python_of(client), "-I", script]
    done = subprocess.run(argv, input=json.dumps(told), capture_output=True, text=True, timeout=seconds, check=False)
    assert 0 == done.returncode, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen
