"""Finds out how this host can run plugins: plain commands of the catalogue, a container program, what it has."""

import asyncio
import logging
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from dragoman.config import Settings
from dragoman.config.catalogue import load_catalogue
from dragoman.config.settings import Node
from dragoman.core.errors import Unavailable
from dragoman.runtimes.bare import Confinement
from dragoman.runtimes.confine import confinement

FACET = "node"
"""The facet of an app that names its plain command."""
IMAGES = "images"
"""Where in its data directory a node keeps images that no engine keeps."""

log = logging.getLogger(__name__)

_SECONDS = 20.0
_PREFIXES = ("DOCKER_", "CONTAINER_HOST", "APPTAINER_", "SINGULARITY_", "CH_IMAGE_")
_NAMES = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_OWN_NAMESPACE = ("unshare", "--user", "--map-root-user", "true")
"""What Charliecloud does first, and what some hosts forbid."""


class Kind(Enum):
    """What runs images."""

    ENGINE = "engine"
    """Docker or podman, which fetch and keep images by themselves."""
    APPTAINER = "apptainer"
    CHARLIECLOUD = "charliecloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """How this node can run plugins."""

    commands: Mapping[str, str]
    """Plain commands that do what an image does, by image name without registry."""
    containers: str
    """The program that runs images; empty: none does."""
    kind: Kind = Kind.ENGINE
    """What that program is."""
    images: str = ""
    """The directory where images lie, where no engine keeps them."""
    prefer_commands: bool
    channel: str
    """``amqp`` or ``log``."""
    cameras: str
    """Where simulated cameras are reached; empty: nowhere."""
    port: int
    """Of the AMQP endpoint."""
    host: str = "127.0.0.1"
    """Where it is."""
    login: tuple[str, str] = ("plugin", "plugin")
    """With which plugins publish."""
    container_variables: Mapping[str, str] = field(default_factory=dict)
    """What the container program must find in its environment."""
    may_be_privileged: bool = False
    volumes: Sequence[str] = ()
    """Places of the host that plugins may have, with all below them."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What plugins may be given that no job says: by ``NAME.KEY``."""


_ENGINE = ("version", "--format", "{{.Server.Version}}")
PROGRAMS: Mapping[str, tuple[Kind, Sequence[Sequence[str]]]] = {
    "docker": (Kind.ENGINE, [("docker", *_ENGINE)]),
    "podman": (Kind.ENGINE, [("podman", *_ENGINE)]),
    "apptainer": (Kind.APPTAINER, [("apptainer", "--version"), ("singularity", "--version")]),
    "charliecloud": (Kind.CHARLIECLOUD, [("ch-run", "--version")]),
}
"""By the words of ``node.runtime``, in the order in which they are tried: commands that succeed where it works."""


def find_abilities(wanted: Node, data: str, *, host: str, port: int, login: tuple[str, str], cameras: str) -> Abilities:
    """What this host can do for plugins, which publish at that place with that login. Blocks. Raises Problems."""
    program, kind = container_program(wanted.runtime)
    return Abilities(
        commands=commands(os.path.join(data, "catalog")),
        containers=program,
        kind=kind,
        images=os.path.join(data, IMAGES),
        container_variables=container_variables(),
        may_be_privileged=wanted.privileged == "allow",
        volumes=wanted.volumes,
        prefer_commands=wanted.runtime in ("auto", "none"),
        channel=wanted.channel,
        port=port,
        host=host,
        login=login,
        cameras=cameras,
        secrets=secrets_in(os.path.join(data, "secrets")),
    )


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


def secrets_in(directory: str) -> dict[str, str]:
    """The secrets of a directory, a file ``NAME/KEY`` each, without the end of its last line. Raises Unavailable."""
    try:
        files = sorted(one for one in Path(directory).glob("*/*") if one.is_file())
        return {f"{one.parent.name}.{one.name}": one.read_text(encoding="utf-8").removesuffix("\n") for one in files}
    except (OSError, ValueError) as error:
        raise Unavailable(f"The secrets in {directory} cannot be read: {error}") from error


def container_program(wanted: str) -> tuple[str, Kind]:
    """The program that runs images here; empty: none. Blocks. Raises Unavailable when the wanted one does not work."""
    for name, (kind, attempts) in PROGRAMS.items():
        for program, *words in attempts if wanted in ("auto", name) else ():
            path = shutil.which(program)
            if path and _works([path, *words]) and (kind is not Kind.CHARLIECLOUD or _works(_OWN_NAMESPACE)):
                return path, kind
    if wanted not in ("auto", "none"):
        raise Unavailable(f"{wanted} does not work here (setting node.runtime).", hint="Install it, or choose auto.")
    return "", Kind.ENGINE


def container_variables() -> dict[str, str]:
    """What of the agent's own environment these programs need, to find their engine and the registry."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _NAMES or name.startswith(_PREFIXES) or name.upper() in _PROXIES
    }


def _works(argv: Sequence[str]) -> bool:
    own = {"USER": "nobody", **os.environ}  # Charliecloud goes nowhere without
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, env=own, timeout=_SECONDS, check=False
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
    """See that no container of this name is left; that it cannot be seen to is told, and holds up nothing."""
    nothing = asyncio.subprocess.DEVNULL
    argv = (program, "rm", "--force", name)
    try:
        gone = await asyncio.create_subprocess_exec(*argv, stdin=nothing, stdout=nothing, stderr=nothing)
    except OSError as error:
        log.warning("a container may be left behind: %s cannot be run: %s", program, error.strerror)
        return
    try:
        async with asyncio.timeout(_SECONDS):
            await gone.wait()
    except TimeoutError:
        gone.kill()
