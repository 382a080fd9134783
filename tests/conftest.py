"""What every test may use."""

import pytest
from hypothesis import HealthCheck, settings

from tests.hosts.slurm import slurm
from tests.hosts.ssh import ssh_host

__all__ = ["anyio_backend", "slurm", "ssh_host"]

# How long an example takes tells of the machine, and of what else it does just now.
settings.register_profile("dragoman", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What CI says is to tell of the change, not of the dice; whoever hunts throws many.
settings.register_profile("repeatable", settings.get_profile("dragoman"), derandomize=True)
settings.register_profile("hunt", settings.get_profile("dragoman"), max_examples=2000)
settings.load_profile("dragoman")

REAL = frozenset(
    {"service", "own_service", "cramped", "terse", "strict", "closed", "frail", "notifier", "served", "stage", "grid"}
    | {"house", "dragoman"}
)
"""Fixtures with a real service, or with wrappers of their own."""
HOSTS = frozenset({"ssh_host", "own_host", "slurm", "swift_host", "postgres_url"})
"""Fixtures with a real host or database server."""
REMOTE = frozenset({"ssh", "remote", "slurm", "s3", "postgres"})
"""Parameters that stand for one of those hosts."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever starts programs of its own is slow, beside what says so itself."""
    for item in items:
        if isinstance(item, pytest.Function) and _starts_programs(item):
            item.add_marker(pytest.mark.slow)


def _starts_programs(item: pytest.Function) -> bool:
    spec = getattr(item, "callspec", None)
    words = set(spec.id.split("-")) if spec else set()
    return bool((REAL | HOSTS) & set(item.fixturenames) or REMOTE & words)


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop the service uses."""
    return "asyncio"
