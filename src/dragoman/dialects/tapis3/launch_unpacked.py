"""How an app in an image of Docker is launched where no engine may be asked: by Singularity, in its place. Pure.

That runs the same images as a process of the job, so inside the confinement of its run (ADR 0016).
"""

import csv
import re

from dragoman.core.paths import on_host
from dragoman.core.shellwords import always_quote, quote
from dragoman.dialects.tapis3.launch_docker import KNOWN, NEVER_LAUNCHED, bind, mount_points, places_for_local
from dragoman.dialects.tapis3.launch_singularity import LITERALLY
from dragoman.dialects.tapis3.launch_text import (
    ENV,
    SCRIPT,
    Spot,
    Text,
    app_args,
    container_args,
    forget_code,
    header,
    image_name,
    prefix,
    tell_code,
)
from dragoman.dialects.tapis3.options import Option, Refused, Unfit, allowed, words
from dragoman.dialects.tapis3.quoting import csv_field, env_lines
from dragoman.dialects.tapis3.resolve_job import Resolved

IMAGES = ".apptainer/images"
"""Where a person's images are kept, below the root of the system; as with Docker, they stay until removed."""
_NO_MATTER = words("label log-driver log-opt rm")
"""What is said to an engine about how it keeps a container."""
_ELSEWHERE = words("cpuset-cpus entrypoint tmpfs")
"""What stands elsewhere in the line."""
_SAME = {"hostname": "hostname", "workdir": "pwd"}
_NETWORKS = ("bridge", "default", "host")
_CPUS = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*", re.ASCII)
_MODE = re.compile(r"[0-7]{3,4}")
_TMPFS_WORDS = ("rw", "exec", "nosuid", "nodev")
_MOUNT_WORDS = {"src": "source", "dst": "destination", "target": "destination", "readonly": "ro"}


def fork(resolved: Resolved, at: Spot, program: str) -> Text:
    """As a process of the host. Raises Refused, and Unfit."""
    options = allowed(container_args(resolved), KNOWN)
    folders = [_folder(one.value or "") for one in options if one.name == "tmpfs"]
    given = {one.name: one.value or "" for one in options}
    verb, entry = ("exec", f" {quote(given['entrypoint'])}") if "entrypoint" in given else ("run", "")
    told = header("The app's image is fetched, unless it is here.", "Its container is run with the job's environment.")
    more = "".join(map(_translated, options))
    run = (
        f"{prefix(resolved)}{_cpus(given)}{program} --silent {verb} --cleanenv --no-home --no-mount cwd"
        f" --env-file {always_quote(f'{at.work}/{ENV}')}{_own_mounts(resolved, at)}"
        f' "${{there[@]}}" "${{folders[@]}}"{more} "$file"{entry}{app_args(resolved)}\n'
    )
    return Text(
        script=f"{told}{LITERALLY}{_fetch(resolved, at, program)}{places_for_local(resolved, at)}{_made(folders)}{run}",
        env=env_lines(resolved.attributes["parameterSet"]["envVariables"], exported=False),
        command=f"{forget_code(at)}/bin/bash ./{SCRIPT} {_redirections(at, given)}\ncode=$?\n"
        f"{tell_code(at, heed_app=False)}",
    )


def _redirections(at: Spot, given: dict[str, str]) -> str:
    return "> /dev/null 2>&1" if given.get("log-driver") == "none" else at.redirections


def _fetch(resolved: Resolved, at: Spot, program: str) -> str:
    """Text that has the image as one file, ``$file``, and the working directory that it names in ``$there``."""
    name = image_name(resolved).removeprefix("docker://")
    if name.startswith("/") or "://" in name:
        raise Refused(f"Apps of DOCKER are fetched from a registry here, which {name!r} does not name.")
    place = on_host(at.root, IMAGES)
    ask = f"{program} --silent sif"
    file = quote(f"{place}/{name.replace('/', '%').replace(':', '+')}.sif")
    # As Docker does it: who serves images on the host itself needs no certificate for that.
    plain = "export APPTAINER_NOHTTPS=1 SINGULARITY_NOHTTPS=1\n" if _is_here(name) else ""
    return (
        f"{plain}file={file}\n"
        f"mkdir -p -- {quote(place)} || exit {NEVER_LAUNCHED}\n"
        "(\n"
        "  flock 9\n"
        f'  [ -e "$file" ] || {{ {program} --silent pull --force "$file.new" {quote(f"docker://{name}")} 1>&2'
        ' && mv -- "$file.new" "$file"; }\n'
        f') 9> "$file.lock" || exit {NEVER_LAUNCHED}\n'
        "there=()\n"
        'pattern=\'"WorkingDir":"([^"\\]+)"\'\n'
        f"for part in $({ask} list \"$file\" 2> /dev/null | sed -n 's/^\\([0-9]*\\).*JSON.*/\\1/p'); do\n"
        f'  told=$({ask} dump "$part" "$file" 2> /dev/null)\n'
        '  [[ $told =~ $pattern ]] && there=(--pwd "${BASH_REMATCH[1]}")\n'
        "done\n"
    )


def _is_here(name: str) -> bool:
    host = name.partition("/")[0].rpartition(":")[0]
    return host == "localhost" or host.startswith("127.")


def _own_mounts(resolved: Resolved, at: Spot) -> str:
    points = mount_points(resolved, at)
    return "".join(f" --mount {bind(*one, onto='destination', only_read='ro')}" for one in points)


def _translated(option: Option) -> str:
    name, value = option.name, option.value or ""
    if name in _NO_MATTER or name in _ELSEWHERE or (name == "network" and value in _NETWORKS):
        return ""
    if name in _SAME:
        return f" --{_SAME[name]} {quote(value)}"
    match name:
        case "gpus":
            return " --nv"
        case "network" if value == "none":
            return " --net --network none"
        case "volume" if value.startswith("/"):
            return f" --bind {quote(value)}"
        case "mount":
            return f" --mount {quote(_bind(value))}"
    raise Unfit(
        f"The docker option --{name} {value} needs a container engine, and on this system Singularity takes its place."
    )


def _cpus(given: dict[str, str]) -> str:
    told = given.get("cpuset-cpus")
    if told is None:
        return ""
    if not _CPUS.fullmatch(told):
        raise Refused(f"CPUs are numbers and ranges, as 0-2,5, which {told!r} is not.")
    return f"taskset --cpu-list {told} "


def _folder(told: str) -> tuple[str, str]:
    """Where a file system in memory is wanted, and with what mode."""
    path, _, options = told.partition(":")
    mode = "1777"
    for option in filter(None, options.split(",")):
        name, _, value = option.partition("=")
        if name == "mode" and _MODE.fullmatch(value):
            mode = value
        elif option not in _TMPFS_WORDS:
            raise Unfit(f"The docker option --tmpfs takes {', '.join(_TMPFS_WORDS)} and mode here: {option!r}.")
    if not path.startswith("/") or "," in path:
        raise Unfit(f"The docker option --tmpfs takes absolute paths without commas here: {path!r}.")
    return path, mode


def _made(folders: list[tuple[str, str]]) -> str:
    """Text that makes these below the run's own /tmp, which is in memory and ends with it."""
    lines = ["folders=()\n"]
    for path, mode in folders:
        lines.append(f'made=$(mktemp -d -p /tmp) && chmod {mode} "$made" || exit {NEVER_LAUNCHED}\n')
        lines.append(f'folders+=(--bind "$made":{quote(path)})\n')
    return "".join(lines)


def _bind(value: str) -> str:
    fields = next(csv.reader([value]), [])
    pairs = [(_MOUNT_WORDS.get(name, name), rest) for name, _, rest in (field.partition("=") for field in fields)]
    told = dict(pairs)
    if told.get("type") != "bind" or set(told) - {"type", "source", "destination", "ro"}:
        raise Unfit(f"Mounts of the type bind are possible here, with source, destination and ro: {value!r}.")
    kept = [csv_field(f"{name}={told[name]}") for name in ("type", "source", "destination") if name in told]
    return ",".join([*kept, *["ro"] * ("ro" in told and told["ro"] not in ("false", "0"))])
