"""The first job of the manual runs as it is typed there, but for the address and the name."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service import PASSWORD, Service

pytestmark = [pytest.mark.slow, pytest.mark.client]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dialects" / "tapis3.md"


def test_the_first_job_runs_as_it_is_typed(service: Service, tmp_path: Path) -> None:
    """Its program finds its output directory by the variable that tells it."""
    service.account("typist")
    (block,) = re.findall(r"^## A first job\n.*?^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for typed, meant in (
        ("http://127.0.0.1:8080", service.url),
        ('"ada"', '"typist"'),
        ('"secret"', repr(PASSWORD)),
        ('Id="hello"', 'Id="typed"'),
        (' id="hello"', ' id="typed"'),
    ):
        assert typed in block
        block = block.replace(typed, meant)
    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert (0, "Setting job status to FINISHED.\nHello world\n\n") == (done.returncode, done.stdout), done.stderr
