"""What every test may use."""

import pytest
from hypothesis import HealthCheck, settings

from tests.hosts.slurm import slurm
from tests.hosts.ssh import ssh_host

__all__ = ["anyio_backend", "slurm", "ssh_host"]

# How long an example takes tells of the machine, and of what else it does just now.
settings.register_profile("dragoman", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dragoman")


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop the service uses."""
    return "asyncio"
