"""What the service loads when it starts."""

import subprocess
import sys


def loaded(module: str) -> set[str]:
    told = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


def test_what_reaches_other_hosts_is_loaded_when_one_is_reached() -> None:
    assert {"dragoman.server.abroad"} == {"dragoman.server.abroad", "asyncssh", "obstore"} & loaded(
        "dragoman.server.service"
    )
