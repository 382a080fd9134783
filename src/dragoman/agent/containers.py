"""Turns what a plugin asks for into a command that runs its image: by an engine or without. Pure."""

import hashlib
import json
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence

from dragoman.agent.abilities import Abilities, Kind
from dragoman.agent.images import ORDER, VARIABLES
from dragoman.agent.resources import limit
from dragoman.core.edge import Firing, PluginSpec
from dragoman.core.errors import Invalid, Unsupported

DATA_CONFIG = "data-config.json"
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}")


def contained(
    can: Abilities, spec: PluginSpec, firing: Firing, given: Mapping[str, str], gpus: Sequence[int] = ()
) -> tuple[str, dict[str, str]]:
    """The command that runs an image with these variables and GPUs until it ends, and the files it needs in its home.

    What the job says must not reach the program that runs its image, so variables are in a file. Raises Invalid and
    Unsupported.
    """
    if not _IMAGE.fullmatch(spec.image):
        raise Invalid.field("image", why=f"{spec.image[:100]} is no name of an image.")
    if spec.privileged and not (can.may_be_privileged and can.kind is not Kind.CHARLIECLOUD):
        hint = "Charliecloud has none." if can.may_be_privileged else "Its operator may set node.privileged."
        raise Unsupported("This node runs no privileged plugins.", hint=hint)
    if gpus and can.kind is Kind.CHARLIECLOUD:
        raise Unsupported("Charliecloud gives no GPU to plugins.", hint="Docker, podman and Apptainer do.")
    if can.kind is Kind.ENGINE:
        return engine_command(can, spec, firing, gpus), {VARIABLES: env_file(given)}
    program = shlex.join([sys.executable, "-P", "-m", "dragoman.agent.images"])
    return f'mkdir -p "$HOME/uploads" && exec {program}', {ORDER: _order(can, spec, given, has_gpu=bool(gpus))}


def _order(can: Abilities, spec: PluginSpec, given: Mapping[str, str], *, has_gpu: bool) -> str:
    """What the program needs to know that becomes the container; see images."""
    most = limit(spec.resource)
    # Charliecloud bounds address space, which many programs map more of than they use.
    memory = most.memory if can.kind is Kind.APPTAINER or "limit.memory" in spec.resource else 0
    order = {
        "kind": can.kind.value,
        "program": can.containers,
        "images": can.images,
        "image": spec.image,
        "entrypoint": spec.entrypoint,
        "args": list(spec.args),
        "environment": dict(given),
        "volumes": _volumes(can, spec),
        "privileged": spec.privileged,
        "gpu": has_gpu,
        "memory": memory,
        "cpu": most.cpu,
    }
    return json.dumps(order)


def engine_command(can: Abilities, spec: PluginSpec, firing: Firing, gpus: Sequence[int] = ()) -> str:
    """The command by docker or podman; the container's name is that of the execution. Raises Invalid, Unsupported."""
    words = [can.containers, "run", "--rm", "--init", "--network", "host", "--name", container_name(firing)]
    most = limit(spec.resource)
    words += ["--memory", str(most.memory)] if most.memory else []
    words += ["--cpus", f"{most.cpu / 1000:g}"] if most.cpu else []
    words += ["--entrypoint", spec.entrypoint] if spec.entrypoint else []
    words += ["--privileged", "--volume", "/dev:/dev"] if spec.privileged else []
    words += _gpu_words(can, gpus)
    words += [word for source, target in _volumes(can, spec) for word in ("--volume", f"{source}:{target}")]
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


def _gpu_words(can: Abilities, gpus: Sequence[int]) -> list[str]:
    if os.path.basename(can.containers) == "podman":  # by the container device interface
        return [word for number in gpus for word in ("--device", f"nvidia.com/gpu={number}")]
    # Docker takes the list for one value only between quotes of its own.
    return ["--gpus", f'"device={",".join(map(str, gpus))}"'] if gpus else []


def _volumes(can: Abilities, spec: PluginSpec) -> list[tuple[str, str]]:
    """From where to where; volumes count only with a selector, as on the original node."""
    found: list[tuple[str, str]] = []
    for source, target in spec.volume.items() if spec.selector else ():
        if not source.startswith("/") or not target.startswith("/") or ":" in source + target or ".." in source:
            raise Invalid.field("volume", why="A volume goes from an absolute path to an absolute path.")
        if not any(f"{source}/".startswith(f"{place.rstrip('/')}/") for place in can.volumes):
            raise Unsupported(f"This node gives {source} to no plugin.", hint="Its operator may set node.volumes.")
        found.append((source, target))
    return found


def env_file(variables: Mapping[str, str]) -> str:
    """The variables of a container, a line each."""
    return "".join(f"{name}={value}\n" for name, value in sorted(variables.items()) if "\n" not in value)


def container_name(firing: Firing) -> str:
    """The name of an execution's container; it tells nothing of the execution's secret."""
    return f"dragoman-{hashlib.sha256(firing.app.encode()).hexdigest()[:12]}-{firing.pod}"
