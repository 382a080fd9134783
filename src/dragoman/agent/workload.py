"""Turns what a plugin asks for into a workload of the engine's: a plain command, or a container. Pure.

A plugin finds what it is promised in its environment: where to publish, who it is, where to put uploads, which sensors
there are. See docs/dialects/sage.md, plugin runtime.
"""

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


def draft_of(firing: Firing, spec: PluginSpec, plate: Plate, can: Abilities) -> Draft:
    """The job that executes a plugin once. Raises Invalid and Unsupported where this node cannot."""
    system, command = _command(spec, firing, can)
    environment = {**_promised(firing, plate, can), **spec.env}
    if system == CONTAINERS:
        environment |= can.container_variables
    wrong = [name for name in environment if not _NAME.fullmatch(name) or "\0" in environment[name]]
    if wrong:
        raise Invalid.field("env", wrong[0], why="A variable has a name of letters, digits and _, no digit first.")
    workload = Workload(
        steps=(Step(command=command, environment=environment),),
        resources=Resources(system=system, queue="default"),
        log=LogStyle(name=LOG),
        home_files={DATA_CONFIG: data_config(plate, can)},
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
        return CONTAINERS, container_command(can.containers, spec, firing)
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


def container_command(program: str, spec: PluginSpec, firing: Firing) -> str:
    """The command that runs an image until it ends; its name is that of the execution."""
    words: list[str] = [program, "run", "--rm", "--init", "--network", "host", "--name", container_name(firing)]
    most = limit(spec.resource)
    if most.memory:
        words += ["--memory", str(most.memory)]
    if most.cpu:
        words += ["--cpus", f"{most.cpu / 1000:g}"]
    if spec.privileged:
        words += ["--privileged", "--volume", "/dev:/dev"]
    if spec.entrypoint:
        words += ["--entrypoint", spec.entrypoint]
    if spec.selector:
        for source, target in spec.volume.items():
            if not source.startswith("/") or not target.startswith("/") or ":" in source + target:
                raise Invalid.field("volume", why="A volume goes from an absolute path to an absolute path.")
            words += ["--volume", f"{source}:{target}"]
    names = [*_PASSED, *sorted(spec.env)]
    words += [word for name in names for word in ("--env", name)]
    quoted = " ".join(map(shlex.quote, words))
    mounts = f'--volume "$HOME/uploads:/run/waggle/uploads" --volume "$HOME/{DATA_CONFIG}:/run/waggle/{DATA_CONFIG}:ro"'
    rest = " ".join(map(shlex.quote, (spec.image, *spec.args)))
    return f'mkdir -p -m 777 "$HOME/uploads" && exec {quoted} {mounts} {rest}'


_PASSED = (
    "WAGGLE_PLUGIN_HOST",
    "WAGGLE_PLUGIN_PORT",
    "WAGGLE_PLUGIN_USERNAME",
    "WAGGLE_PLUGIN_PASSWORD",
    "WAGGLE_APP_ID",
    "WAGGLE_NODE_VSN",
    "WAGGLE_NODE_ID",
    "HOST",
    "TZ",
)


def container_name(firing: Firing) -> str:
    """The name of an execution's container."""
    return f"dragoman-{firing.app[:12]}-{firing.pod}"


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
