"""Turns what a plugin asks for into a workload of the engine's: a plain command, or a container. Pure.

A plugin finds what it is promised in its environment: where to publish, who it is, where to put uploads, which sensors
there are. See docs/dialects/sage.md, plugin runtime.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dragoman.agent.events import image_name
from dragoman.agent.plate import Plate
from dragoman.agent.resources import limit
from dragoman.core.edge import Firing, PluginSpec
from dragoman.core.errors import Invalid, Unsupported
from dragoman.core.job import Draft, LogStyle, OutputRule, Resources, Step, Workload

DOOR = "node"
"""Of the jobs that execute plugins, in the node's own database."""
BARE, CONTAINERS = "bare", "containers"
"""The node's systems: plain commands, confined; and images."""
LOG = "plugin.log"
DATA_CONFIG = "data-config.json"
VARIABLES = "plugin.env"
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """How this node can run plugins."""

    commands: Mapping[str, str]
    """Plain commands that do what an image does, by image name without registry."""
    containers: str
    """The program that runs images; empty: none does."""
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


def draft_of(firing: Firing, spec: PluginSpec, plate: Plate, can: Abilities) -> Draft:
    """The job that executes a plugin once. Raises Invalid and Unsupported where this node cannot."""
    system, command = _command(spec, firing, can)
    given = {**_promised(firing, plate, can), **spec.env}
    wrong = [name for name in given if not _NAME.fullmatch(name) or "\0" in given[name]]
    if wrong:
        raise Invalid.field("env", wrong[0], why="A variable has a name of letters, digits and _, no digit first.")
    files, environment = {DATA_CONFIG: data_config(plate, can)}, given
    if system == CONTAINERS:  # what the job says must not reach the program that runs its image
        files[VARIABLES], environment = env_file(given), dict(can.container_variables)
    workload = Workload(
        steps=(Step(command=command, environment=environment),),
        resources=Resources(system=system, queue="default"),
        log=LogStyle(name=LOG),
        home_files=files,
        outputs=(OutputRule(kind="glob", include=False, pattern="*"),),
    )
    notes = {"goal": firing.goal, "job": firing.job, "firing": firing.id}
    return Draft(
        door=DOOR, alias=firing.pod, name=firing.plugin, letter="{}", workload=workload, inputs=(), notes=notes
    )


def _command(spec: PluginSpec, firing: Firing, can: Abilities) -> tuple[str, str]:
    plain = can.commands.get(image_name(spec.image))
    if plain is not None and (can.prefer_commands or not can.containers):
        begin = shlex.quote(spec.entrypoint) if spec.entrypoint else plain
        return BARE, " ".join((_bounds(spec), "exec", begin, *map(shlex.quote, spec.args))).strip()
    if can.containers:
        return CONTAINERS, container_command(can, spec, firing)
    hint = "Install docker or podman, or give the app a plain command (bare) in the catalogue."
    raise Unsupported(f"This node runs no containers, and knows no plain command for {spec.image}.", hint=hint)


def _bounds(spec: PluginSpec) -> str:
    """What a plain command may take is bounded only where the job says so: many programs map more than they use."""
    most = limit(spec.resource).memory if "limit.memory" in spec.resource else 0
    return f"ulimit -v {most >> 10} &&" if most else ""


def _promised(firing: Firing, plate: Plate, can: Abilities) -> dict[str, str]:
    has_broker = can.channel == "amqp"
    return {
        "WAGGLE_PLUGIN_HOST": can.host if has_broker else "127.0.0.1",
        "WAGGLE_PLUGIN_PORT": str(can.port) if has_broker else "9",
        "WAGGLE_PLUGIN_USERNAME": can.login[0],
        "WAGGLE_PLUGIN_PASSWORD": can.login[1],
        "WAGGLE_APP_ID": firing.app,
        "WAGGLE_NODE_VSN": plate.vsn,
        "WAGGLE_NODE_ID": plate.name,
        "HOST": plate.host,
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
    }


def container_command(can: Abilities, spec: PluginSpec, firing: Firing) -> str:
    """The command that runs an image until it ends; its name is that of the execution. Raises Invalid, Unsupported."""
    if not _IMAGE.fullmatch(spec.image):
        raise Invalid.field("image", why=f"{spec.image[:100]} is no name of an image.")
    words = [can.containers, "run", "--rm", "--init", "--network", "host", "--name", container_name(firing)]
    most = limit(spec.resource)
    words += ["--memory", str(most.memory)] if most.memory else []
    words += ["--cpus", f"{most.cpu / 1000:g}"] if most.cpu else []
    words += ["--entrypoint", spec.entrypoint] if spec.entrypoint else []
    words += _privileges(can, spec) + _volumes(can, spec)
    # A file cannot hold a line break in a value.
    words += [
        word for name, value in sorted(spec.env.items()) if "\n" in value for word in ("--env", f"{name}={value}")
    ]
    mounts = (
        f'--env-file "$HOME/{VARIABLES}" --volume "$HOME/uploads:/run/waggle/uploads" '
        f'--volume "$HOME/{DATA_CONFIG}:/run/waggle/{DATA_CONFIG}:ro"'
    )
    quoted, rest = (" ".join(map(shlex.quote, some)) for some in (words, (spec.image, *spec.args)))
    return f'mkdir -p -m 777 "$HOME/uploads" && exec {quoted} {mounts} {rest}'


def _privileges(can: Abilities, spec: PluginSpec) -> list[str]:
    if spec.privileged and not can.may_be_privileged:
        raise Unsupported("This node runs no privileged plugins.", hint="Its operator may set node.privileged.")
    return ["--privileged", "--volume", "/dev:/dev"] if spec.privileged else []


def _volumes(can: Abilities, spec: PluginSpec) -> list[str]:
    """Volumes count only with a selector, as on the original node."""
    words: list[str] = []
    for source, target in spec.volume.items() if spec.selector else ():
        if not source.startswith("/") or not target.startswith("/") or ":" in source + target or ".." in source:
            raise Invalid.field("volume", why="A volume goes from an absolute path to an absolute path.")
        if not any(f"{source}/".startswith(f"{place.rstrip('/')}/") for place in can.volumes):
            raise Unsupported(f"This node gives {source} to no plugin.", hint="Its operator may set node.volumes.")
        words += ["--volume", f"{source}:{target}"]
    return words


def env_file(variables: Mapping[str, str]) -> str:
    """The variables of a container, a line each."""
    return "".join(f"{name}={value}\n" for name, value in sorted(variables.items()) if "\n" not in value)


def container_name(firing: Firing) -> str:
    """The name of an execution's container; it tells nothing of the execution's secret."""
    return f"dragoman-{hashlib.sha256(firing.app.encode()).hexdigest()[:12]}-{firing.pod}"


def data_config(plate: Plate, can: Abilities) -> str:
    """The sensors of the node as plugins look for them: by the names that people gave them."""
    return json.dumps([_section(one.name, one.uri, can) for one in plate.sensors if one.uri], indent=1)


def _section(name: str, uri: str, can: Abilities) -> dict[str, Any]:
    args = {"url": uri}
    if uri.startswith("simulated://"):
        base = f"{can.cameras}/{name}"
        args = {"url": f"{base}.y4m", "snapshot": f"{base}.png"}
    return {"name": name, "match": {"id": name}, "handler": {"type": "video", "args": args}}


def read_spec(spec: Mapping[str, Any]) -> PluginSpec:
    """A plugin as a firing keeps it."""
    args: Sequence[str] = spec.get("args") or ()
    return PluginSpec(**{**spec, "args": tuple(args)})
