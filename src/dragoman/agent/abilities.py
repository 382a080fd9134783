"""Finds out how this host can run plugins: plain commands of the catalogue, a container program, what it has."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from dragoman.config import Settings
from dragoman.config.catalogue import load_catalogue
from dragoman.core.errors import Unavailable
from dragoman.runtimes.bare import Confinement
from dragoman.runtimes.confine import confinement

FACET = "node"
"""The facet of an app that names its plain command."""
PROGRAMS = ("docker", "podman")
VARIABLES = ("DOCKER_HOST", "DOCKER_CONFIG", "CONTAINER_HOST", "XDG_RUNTIME_DIR")
"""What these programs may need to find their engine."""
_SECONDS = 20.0


def commands(directory: str) -> dict[str, str]:
    """The plain commands of the catalogue in a directory, by image name without registry. Raises Invalid."""
    found = {}
    for app in load_catalogue(directory).apps:
        bare = app.facets.get(FACET, {}).get("bare")
        if isinstance(bare, str) and bare:
            image = "/".join(filter(None, (app.namespace, app.name)))
            places = {"{python}": shlex.quote(sys.executable), "{catalog}": shlex.quote(directory)}
            for mark, place in places.items():
                bare = bare.replace(mark, place)
            found[f"{image}:{app.version}"] = bare
    return found


def container_program(wanted: str) -> str:
    """The program that runs images here; empty: none. Blocks. Raises Unavailable when the wanted one does not work."""
    if wanted == "none":
        return ""
    for name in PROGRAMS if wanted == "auto" else (wanted,):
        path = shutil.which(name)
        if path and _works(path):
            return path
    if wanted != "auto":
        raise Unavailable(f"{wanted} does not work here (setting node.runtime).", hint="Install it, or choose auto.")
    return ""


def container_variables() -> dict[str, str]:
    """What of the agent's own environment these programs need."""
    return {name: os.environ[name] for name in VARIABLES if name in os.environ}


def _works(path: str) -> bool:
    try:
        done = subprocess.run(
            [path, "version", "--format", "{{.Server.Version}}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def bounds(settings: Settings, data: str) -> Confinement | None:
    """How plain commands are confined: they see the agent's own Python and packages, which may lie in hidden places."""
    found = confinement(settings, data)
    package = str(Path(__file__).resolve().parents[2])
    shown = dict.fromkeys([sys.prefix, sys.base_prefix, sys.exec_prefix, package])
    return None if found is None else replace(found, show=(*found.show, *shown))


def host_memory() -> int:
    """Bytes of memory that this host has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


async def remove_container(program: str, name: str) -> None:
    """See that no container of this name is left."""
    gone = await asyncio.create_subprocess_exec(
        program,
        "rm",
        "--force",
        name,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            await gone.wait()
    except TimeoutError:
        gone.kill()
