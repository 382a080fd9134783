"""Apptainer, which was called Singularity, on this host: does it work inside the confinement of a run.

There it can show a container no more of this host than the confinement shows, whatever options it is given: a mount
that a namespace got from outside cannot be taken away in it, and inside there are no rights but one's own.
"""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

from dragoman.runtimes.bare import PATH, Bare

NAMES = ("apptainer", "singularity")
_MOUNTERS = ("squashfuse_ll", "squashfuse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The program that works here, or why none does."""

    program: str | None
    version: str = ""
    reason: str = ""
    mounts_images: bool = False
    """Images of one file can be mounted; else only images in directories run."""
    own_processes: bool = False
    """Containers can have a /proc of their own."""


def find_singularity(bare: Bare, wanted: str) -> Found:
    """Try the program that the settings want (a path, ``auto`` or ``none``) in a confinement of its own. Blocks."""
    if wanted == "none":
        return Found(program=None, reason="It is switched off (local.singularity).")
    if not bare.is_confined:
        return Found(program=None, reason="Runs are not confined here, and outside of a confinement none are offered.")
    names = NAMES if wanted == "auto" else (wanted,)
    program = next(filter(None, (shutil.which(name, path=PATH) for name in names)), None)
    if program is None:
        return Found(program=None, reason=f"There is no {' or '.join(names)}.")
    return _tried(bare, program)


def _tried(bare: Bare, program: str) -> Found:
    # As it does for a container: namespaces of its own in those of the run.
    inside = ("unshare", "--map-current-user", "--mount", program, "--version")
    told = _run(bare, inside)
    if told.returncode:
        said = (told.stderr or told.stdout).strip().splitlines()
        return Found(program=None, reason=f"{program} does not work in a confinement: {said[-1] if said else '?'}")
    fuse = _run(bare, ("/bin/sh", "-c", ": <> /dev/fuse")).returncode == 0
    processes = _run(bare, ("unshare", "--map-current-user", "--mount", "--pid", "--fork", "--mount-proc", "true"))
    mounter = any(shutil.which(name, path=PATH) for name in _MOUNTERS)
    return Found(
        program=program,
        version=told.stdout.strip(),
        mounts_images=fuse and mounter,
        own_processes=processes.returncode == 0,
    )


def _run(bare: Bare, argv: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
    with tempfile.TemporaryDirectory(prefix="dragoman-") as place:
        home = os.path.realpath(place)
        environment = bare.person(home, "nobody")
        argv = bare.around(argv, home=home, work=home, nesting=True)
        try:
            return subprocess.run(
                argv,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=20,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            return subprocess.CompletedProcess(argv, 126, "", str(problem))


def variables(home: str) -> dict[str, str]:
    """What the program is told by the environment, under its old name and its new one, in somebody's home.

    It would look the home up in the book of accounts, where people of this service are not, and use its program for
    root where there is one, which has no rights in a confinement.
    """
    told = {"HOME": home, "CONFIGDIR": f"{home}/.apptainer", "CACHEDIR": f"{home}/.apptainer/cache", "USERNS": "1"}
    return {f"{name.upper()}_{key}": value for name in NAMES for key, value in told.items()}
