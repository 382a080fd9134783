"""How an app in a container image is launched by Docker, or by Podman in its place. Pure."""

from dragoman.core.paths import on_host
from dragoman.core.shellwords import always_quote, quote
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.launch_text import (
    ENV,
    SCRIPT,
    Spot,
    Text,
    app_args,
    container_args,
    forget_code,
    header,
    image,
    prefix,
    tell_code,
)
from dragoman.dialects.tapis3.merge_inputs import LOCAL
from dragoman.dialects.tapis3.options import Known, Option, Refused, allowed, words
from dragoman.dialects.tapis3.quoting import csv_field, docker_env_lines
from dragoman.dialects.tapis3.resolve_job import Resolved

_RESERVED = "use envVariables of the job"
KNOWN = Known(
    program="docker",
    valued=words(
        "add-host cpus cpuset-cpus cpuset-mems entrypoint gpus group-add hostname ip ip6 label log-driver log-opt",
        "memory mount network network-alias publish tmpfs volume workdir",
    ),
    flags=frozenset({"rm"}),
    short={
        "h": "hostname",
        "l": "label",
        "m": "memory",
        "net": "network",
        "net-alias": "network-alias",
        "p": "publish",
        "v": "volume",
        "w": "workdir",
    },
    refused={
        "cidfile": "it has its own",
        "name": "it names containers by their jobs",
        "user": "containers run as the job's login",
        "detach": "it watches containers itself",
        "env": _RESERVED,
        "env-file": _RESERVED,
    },
)
NEVER_LAUNCHED = 125
"""The code of a command that could not start its container, as container engines have it."""


def fork(resolved: Resolved, at: Spot, program: str) -> Text:
    """As a container of the host's engine. Raises Refused."""
    options = allowed(container_args(resolved), KNOWN)
    name = resolved.attributes["uuid"]
    run = (
        f"{prefix(resolved)}{program} run -d --name {name} --user $(id -u):$(id -g)"
        f" --cidfile {always_quote(f'{at.work}/{name}.cid')} --env-file {always_quote(f'{at.work}/{ENV}')}"
        f"{_options(options)}{_mounts(resolved, at)} {image(resolved)}{app_args(resolved)}\n"
    )
    told = header("The app's container is created with the environment of the job, and started.", "Its id is told.")
    keeps_log = Option(name="log-driver", value="none") not in options
    engine = _Engine(program=program, name=name)
    return Text(
        script=f"{told}{_own_ids(program)}{places_for_local(resolved, at)}{run}",
        env=docker_env_lines(resolved.attributes["parameterSet"]["envVariables"]),
        command=_command(engine, at, keeps_log=keeps_log),
        undo=_undo(engine, at, keeps_log=keeps_log),
    )


def _options(options: list[Option]) -> str:
    # --rm is left out: the container is removed anyway, but not before its code and its log are known.
    kept = [one for one in options if one.name != "rm"]
    return "".join(f" --{one.name} {quote(one.value or '')}" for one in kept)


def _own_ids(program: str) -> str:
    """Without root, Podman has to be told that users are the same inside and outside."""
    if not program.rpartition("/")[2].startswith("podman"):
        return ""
    return '[ "$(id -u)" = 0 ] || export PODMAN_USERNS=keep-id\n'


def _local_inputs(resolved: Resolved, at: Spot) -> list[tuple[str, str]]:
    """Source on the host and target below the input directory of each file that is on the host already."""
    inputs: list[Json] = resolved.attributes["fileInputs"]
    local = [one for one in inputs if one["autoMountLocal"] and one["sourceUrl"].lower().startswith(f"{LOCAL}://")]
    return [
        (on_host(at.root, one["sourceUrl"].split("://", 1)[1].partition("/")[2]), one["targetPath"]) for one in local
    ]


def places_for_local(resolved: Resolved, at: Spot) -> str:
    """Text that makes what local inputs are mounted on: inside a read-only mount, no engine can make it."""
    lines = []
    for source, target in _local_inputs(resolved, at):
        place = quote(on_host(at.input, target))
        parent = quote(on_host(at.input, target).rpartition("/")[0])
        lines.append(f"mkdir -p -- {parent}; if [ -d {quote(source)} ]; then mkdir -p -- {place}; ")
        lines.append(f"else [ -e {place} ] || : > {place}; fi\n")
    return "".join(lines)


def mount_points(resolved: Resolved, at: Spot) -> list[tuple[str, str, bool]]:
    """Source on the host, target in the container, and whether it is only read, of each mount of a job."""
    mounts = [(at.input, "/TapisInput", True), (at.output, "/TapisOutput", False), (at.work, "/TapisExec", False)]
    return mounts + [(source, on_host("/TapisInput", target), True) for source, target in _local_inputs(resolved, at)]


def _mounts(resolved: Resolved, at: Spot) -> str:
    return "".join(f" --mount {bind(*one)}" for one in mount_points(resolved, at))


def bind(source: str, target: str, read_only: bool, *, onto: str = "target", only_read: str = "readonly") -> str:
    """The word that describes a mount; engines differ in how they call its target and that it is only read."""
    if "\n" in source + target:
        raise Refused("A directory with a line break in its name cannot be mounted.")
    fields = ["type=bind", csv_field(f"source={source}"), csv_field(f"{onto}={target}"), *[only_read] * read_only]
    return quote(",".join(fields))


class _Engine:
    """The commands that are given to the container engine about one container."""

    def __init__(self, *, program: str, name: str) -> None:
        self.status = f"{program} ps -a --no-trunc -f name={name} --format '{{{{.Status}}}}'"
        self.wait = f"{program} wait {name} 2> /dev/null"
        self.logs = f"{program} logs {name}"
        self.remove = f"{program} rm -f {name} > /dev/null 2>&1"


def _command(engine: _Engine, at: Spot, *, keeps_log: bool) -> str:
    collect = f"{engine.logs} {at.redirections}\n" if keeps_log else ""
    return (
        f"{forget_code(at)}"
        f"/bin/bash ./{SCRIPT} 2> {quote(at.err)} || {{ code=$?; {engine.remove}; exit $code; }}\n"
        f"code=$({engine.wait})\n"
        f"{_ask_again(engine)}"
        f"{collect}{engine.remove}\n{tell_code(at, heed_app=False)}"
    )


def _ask_again(engine: _Engine) -> str:
    """Text for when waiting was cut short (the engine was restarted): ask until the container has ended or is gone."""
    return (
        "silent=0\n"
        "while case $code in ''|*[!0-9]*) ;; *) false ;; esac; do\n"
        f"  if status=$({engine.status} 2> /dev/null); then silent=0; else silent=$((silent + 1)); status=unknown; fi\n"
        "  case $status in\n"
        "    Exited*\\(*\\)*) code=${status#*\\(}; code=${code%%\\)*} ;;\n"
        f"    ''|Dead*|Removal*) code={NEVER_LAUNCHED} ;;\n"
        f"    *) if [ $silent -gt 60 ]; then code={NEVER_LAUNCHED}; else sleep 1; fi ;;\n"
        "  esac\n"
        "done\n"
    )


def _undo(engine: _Engine, at: Spot, *, keeps_log: bool) -> str:
    collect = f"  {engine.logs} {at.redirections}\n" if keeps_log else ""
    return f'if [ -n "$({engine.status} 2> /dev/null)" ]; then\n{collect}  {engine.remove}\nfi\n'
