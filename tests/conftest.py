"""What every test may use."""

import pytest

from tests.hosts.slurm import slurm
from tests.hosts.ssh import ssh_host

__all__ = ["anyio_backend", "slurm", "ssh_host"]


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop the service uses."""
    return "asyncio"
