"""Turns what a plugin asks for into a workload of the engine's: a plain command, or a container. Pure.

A plugin finds what it is promised in its environment: where to publish, who it is, where to put uploads, which sensors
there are. See docs/dialects/sage.md, plugin runtime.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dragoman.agent.abilities import Abilities, Kind
from dragoman.agent.containers import DATA_CONFIG, contained
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
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET = re.compile(r"\{secret\.([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)\}")


GPUS = "gpus"
"""The key in the notes of such a job under which the numbers of its GPUs stand."""


def draft_of(firing: Firing, spec: PluginSpec, plate: Plate, can: Abilities, gpus: Sequence[int] = ()) -> Draft:
    """The job that executes a plugin once, with the GPUs of these numbers.

    Raises Invalid and Unsupported where this node cannot.
    """
    spec = replace(spec, env={name: _revealed(value, can) for name, value in spec.env.items()})
    given = {**_promised(firing, plate, can), **spec.env}
    wrong = [name for name in given if not _NAME.fullmatch(name) or "\0" in given[name]]
    if wrong:
        raise Invalid.field("env", wrong[0], why="A variable has a name of letters, digits and _, no digit first.")
    command = _plain_command(spec, can)
    files: dict[str, str] = {}
    system, environment = BARE, {**given, **visible(gpus, plate)}
    if command is None:
        system, environment = CONTAINERS, dict(can.container_variables)
        # An engine gives no more than these GPUs, and numbers them anew.
        given |= {} if can.kind is Kind.ENGINE else visible(gpus, plate)
        command, files = contained(can, spec, firing, given, gpus)
    workload = Workload(
        steps=(Step(command=command, environment=environment),),
        resources=Resources(system=system, queue="default"),
        log=LogStyle(name=LOG),
        home_files={DATA_CONFIG: data_config(plate, can), **files},
        outputs=(OutputRule(kind="glob", include=False, pattern="*"),),
    )
    notes = {"goal": firing.goal, "job": firing.job, "firing": firing.id, **({GPUS: list(gpus)} if gpus else {})}
    return Draft(
        door=DOOR, alias=firing.pod, name=firing.plugin, letter="{}", workload=workload, inputs=(), notes=notes
    )


def visible(gpus: Sequence[int], plate: Plate) -> dict[str, str]:
    """What hides all other GPUs from a plugin that could reach them; nothing on a node without."""
    return {"CUDA_VISIBLE_DEVICES": ",".join(map(str, gpus))} if plate.whole.gpu else {}


def _revealed(value: str, can: Abilities) -> str:
    """What a variable is given: of ``{secret.NAME.KEY}``, what the node keeps under that. Raises Unsupported."""
    named = _SECRET.fullmatch(value)
    if named is None:
        return value
    if named[1] not in can.secrets:
        raise Unsupported(f"This node has no secret {named[1]}.", hint="Its operator may add it, and start it again.")
    return can.secrets[named[1]]


def _plain_command(spec: PluginSpec, can: Abilities) -> str | None:
    """The plain command that does what the image does; None: the image is to be run. Raises Unsupported."""
    plain = can.commands.get(image_name(spec.image))
    if plain is not None and (can.prefer_commands or not can.containers):
        begin = shlex.quote(spec.entrypoint) if spec.entrypoint else plain
        return " ".join((_bounds(spec), "exec", begin, *map(shlex.quote, spec.args))).strip()
    if not can.containers:
        hint = "Install docker, podman, apptainer or charliecloud, or give the app a plain command in the catalogue."
        raise Unsupported(f"This node runs no containers, and knows no plain command for {spec.image}.", hint=hint)
    return None


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
