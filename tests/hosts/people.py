"""Two people with accounts on this machine, alice and bob, for tests that act as several users of one host."""

import fcntl
import os
import pwd
import shutil
import subprocess

import pytest

NAMES = ("alice", "bob")
_LOCK = "/run/lock/dragoman-tests-people"


def people() -> tuple[pwd.struct_passwd, ...]:
    """Their accounts, made when missing and without a password. Skips the test where that may not be done."""
    if os.geteuid() != 0 or not shutil.which("useradd", path="/usr/sbin:/sbin"):
        pytest.skip("only root, on a machine with useradd, can make accounts for a test host")
    os.makedirs(os.path.dirname(_LOCK), exist_ok=True)
    # Several workers of one test run come here at once.
    with open(_LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return tuple(_account(name) for name in NAMES)


def _account(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["/usr/sbin/useradd", "-m", "-s", "/bin/bash", "-p", "*", name], check=True, cwd="/")
        return pwd.getpwnam(name)
