"""A root file system of a few megabytes, busybox and a script, for container engines that have no network."""

import os
import shutil

import pytest

BUSYBOX = "/bin/busybox"
RUNSCRIPT = ".singularity.d/runscript"
"""What an image runs by itself, below its root."""
_FOLDERS = [
    "bin",
    "dev",
    "etc",
    "home",
    "lib",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "srv",
    "sys",
    "tmp",
    "usr/bin",
    "var",
    ".singularity.d",
]
_PROGRAMS = [
    "sh",
    "cat",
    "date",
    "echo",
    "env",
    "false",
    "grep",
    "id",
    "kill",
    "ls",
    "mkdir",
    "printf",
    "pwd",
    "sleep",
    "sort",
    "tail",
    "touch",
    "true",
]


def make_image(place: str, script: str) -> None:
    """Make an image that runs this text of its shell. Skips where no static busybox is."""
    if not os.path.exists(BUSYBOX):
        pytest.skip("no busybox here: apt-get install busybox-static")
    for folder in _FOLDERS:
        os.makedirs(f"{place}/{folder}")
    shutil.copy(BUSYBOX, f"{place}/bin/busybox")
    for program in _PROGRAMS:
        os.symlink("busybox", f"{place}/bin/{program}")
    for name, text in (("passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("group", "root:x:0:\n"), ("hosts", "")):
        _write(f"{place}/etc/{name}", text)
    _write(f"{place}/etc/resolv.conf", "")
    _write(f"{place}/{RUNSCRIPT}", f"#!/bin/sh\n{script}\n")
    os.chmod(f"{place}/{RUNSCRIPT}", 0o755)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
