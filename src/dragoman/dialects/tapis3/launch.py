"""Makes a workload of a resolved job: directories, inputs, scripts, and what to run. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dragoman.core.hosted import Hosted, Keeping, Place, Script, Source
from dragoman.core.paths import on_host
from dragoman.core.shellwords import quote
from dragoman.core.transfers import APP
from dragoman.dialects.tapis3 import launch_docker, launch_singularity, launch_slurm, launch_unpacked, launch_zip
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.launch_text import ENV, SCRIPT, Spot, Text, header, spot
from dragoman.dialects.tapis3.merge_inputs import LOCAL
from dragoman.dialects.tapis3.options import Refused, Unfit
from dragoman.dialects.tapis3.resolve_job import Resolved
from dragoman.dialects.tapis3.resolve_places import NEVER, SKIP

SCRIPT_MODE, ENV_MODE = 0o770, 0o660
_DIRECTORIES = frozenset(f"_tapisExecSystem{part}Dir" for part in ("Exec", "Input", "Output"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Our own ids of what a job works with."""

    account_id: int
    """Whose login is used: the job's owner."""
    system_id: int
    archive_id: int
    dtn_id: int | None = None
    root: str = ""
    """The root of the execution system as its login sees it; empty: as the system says."""
    is_all: bool = False
    """To its users the root is all there is of the host: an image at an absolute path lies below it, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """What container engines are called on the hosts."""

    docker: str | None = "docker"
    """Or ``podman``; None: no engine may be asked, and Singularity runs its images."""
    singularity: str = "singularity"
    """Or ``apptainer``."""
    own_processes: bool = True
    """Its containers can have a /proc of their own."""


def launch(resolved: Resolved, where: Where, programs: Programs | None = None) -> Hosted:
    """The workload. What nobody may run becomes a refusal, which the run fails with when its scripts are written.

    Raises Unfit for options that the system cannot keep.
    """
    at = spot(resolved.attributes, where.root or resolved.system["rootDir"])
    plain = _plain(resolved, where)
    resolved = _as_seen_there(resolved, at.root) if where.is_all else resolved
    try:
        text = _text(resolved, at, programs or Programs())
        sources = _sources(resolved, where)
    except Unfit:
        raise
    except Refused as fault:
        return replace(plain, refusal=str(fault))
    return replace(
        plain,
        sources=sources,
        scripts=_scripts(text),
        command=text.command,
        undo=text.undo,
        exit_file=text.exit_file,
        prepare=_moves(resolved, where, at) + text.prepare,
    )


def _as_seen_there(resolved: Resolved, root: str) -> Resolved:
    """With the image, and the directories that its variables tell, where they lie on the host."""
    parameters = resolved.attributes["parameterSet"]
    told = [
        {**one, "value": on_host(root, one["value"])} if one["key"] in _DIRECTORIES else one
        for one in parameters["envVariables"]
    ]
    attributes = {**resolved.attributes, "parameterSet": {**parameters, "envVariables": told}}
    return replace(resolved, app=_placed(resolved.app, root), attributes=attributes)


def _placed(app: Mapping[str, Any], root: str) -> Mapping[str, Any]:
    image = str(app.get("containerImage") or "").strip()
    return {**app, "containerImage": on_host(root, image)} if image.startswith("/") else app


def _plain(resolved: Resolved, where: Where) -> Hosted:
    """The workload without what is run."""
    job = resolved.attributes
    return Hosted(
        system_id=where.system_id,
        account_id=where.account_id,
        directories=_directories(resolved, where),
        work=Place(system_id=where.system_id, path=job["execSystemExecDir"]),
        output=Place(system_id=where.system_id, path=job["execSystemOutputDir"]),
        sources=(),
        scripts=(),
        batch=SCRIPT if job["jobType"] == "BATCH" else "",
        queue=job["execSystemLogicalQueue"] or "",
        walltime=job["maxMinutes"] * 60,
        keeping=_keeping(resolved, where),
    )


def _text(resolved: Resolved, at: Spot, programs: Programs) -> Text:
    runtime = resolved.app.get("runtime") or "DOCKER"
    if resolved.attributes["jobType"] == "BATCH":
        return _batch(resolved, at, runtime, programs)
    if runtime == "SINGULARITY":
        return launch_singularity.fork(resolved, at, quote(programs.singularity), own_processes=programs.own_processes)
    if runtime == "ZIP":
        return launch_zip.fork(resolved, at)
    if programs.docker is None:
        return launch_unpacked.fork(resolved, at, quote(programs.singularity))
    return launch_docker.fork(resolved, at, quote(programs.docker))


def _batch(resolved: Resolved, at: Spot, runtime: str, programs: Programs) -> Text:
    scheduler = resolved.system.get("batchScheduler")
    if scheduler != "SLURM":
        raise Refused(f"BATCH jobs of the scheduler {scheduler} are not supported here, only those of SLURM.")
    told = header("Slurm is told about the job.", "The app is run with the environment of the job.")
    lines = launch_slurm.directives(resolved, at) + launch_slurm.module_lines(resolved.profile)
    if runtime == "SINGULARITY":
        line = launch_singularity.batch_line(resolved, quote(programs.singularity))
        return Text(script=told + lines + line, env=launch_singularity.batch_env(resolved))
    if runtime == "ZIP":
        line = launch_zip.batch_line(resolved)
        return Text(script=told + lines + line, env=launch_zip.env(resolved), prepare=launch_zip.prepare(resolved))
    raise Refused("Docker apps cannot run as BATCH jobs of SLURM: use SINGULARITY, or a FORK job.")


def _scripts(text: Text) -> tuple[Script, ...]:
    return (Script(name=SCRIPT, text=text.script, mode=SCRIPT_MODE), Script(name=ENV, text=text.env, mode=ENV_MODE))


def _directories(resolved: Resolved, where: Where) -> tuple[Place, ...]:
    job = resolved.attributes
    found = [Place(system_id=where.system_id, path=job[f"execSystem{name}Dir"]) for name in ("Exec", "Input", "Output")]
    if resolved.archive.get("systemType", "LINUX") == "LINUX" and job["archiveMode"] != NEVER:
        found.append(Place(system_id=where.archive_id, path=job["archiveSystemDir"]))
    if (through := _through(resolved, where)) is not None:
        found.append(through)
    return tuple(dict.fromkeys(found))


def _through(resolved: Resolved, where: Where) -> Place | None:
    """The directory of the data transfer node that inputs arrive in; None: they arrive where they are wanted."""
    path = resolved.attributes["dtnSystemInputDir"]
    return Place(system_id=where.dtn_id, path=path) if path and where.dtn_id is not None else None


def _sources(resolved: Resolved, where: Where) -> tuple[Source, ...]:
    job = resolved.attributes
    arrival = _through(resolved, where) or Place(system_id=where.system_id, path=job["execSystemInputDir"])
    found = [_source(one, arrival) for one in _transferred(job)]
    archive = launch_zip.fetched(resolved) if resolved.app.get("runtime") == "ZIP" else None
    if archive:
        target = Place(system_id=where.system_id, path=on_host(job["execSystemExecDir"], archive[1]))
        found.append(Source(uri=archive[0], target=target, tag=APP))
    return tuple(found)


def _transferred(job: Mapping[str, Any]) -> list[Json]:
    return [one for one in job["fileInputs"] if not one["sourceUrl"].lower().startswith(f"{LOCAL}://")]


def _source(one: Json, arrival: Place) -> Source:
    target = Place(system_id=arrival.system_id, path=on_host(arrival.path, one["targetPath"]))
    return Source(uri=one["sourceUrl"], target=target, optional=one["optional"])


def _moves(resolved: Resolved, where: Where, at: Spot) -> str:
    """Text that moves what has arrived through a data transfer node to where it is wanted; both see the same files."""
    through = _through(resolved, where)
    if through is None:
        return ""
    lines = []
    for target in dict.fromkeys(one["targetPath"] for one in _transferred(resolved.attributes)):
        source, wanted = quote(on_host(at.root, f"{through.path}/{target}")), on_host(at.input, target)
        lines.append(f"mkdir -p -- {quote(wanted.rpartition('/')[0] or '/')} || exit 1\n")
        lines.append(f"if [ -e {source} ]; then mv -f -T -- {source} {quote(wanted)} || exit 1; fi\n")
    return "".join(lines)


def _keeping(resolved: Resolved, where: Where) -> Keeping | None:
    job = resolved.attributes
    if job["archiveMode"] == NEVER:
        return None
    rules = job["parameterSet"]["archiveFilter"]
    return Keeping(
        target=Place(system_id=where.archive_id, path=job["archiveSystemDir"]),
        includes=tuple(rules["includes"]),
        excludes=tuple(rules["excludes"]),
        launch_files=rules["includeLaunchFiles"],
        on_failure=job["archiveMode"] != SKIP,
    )
