"""A workload in people's own directories on a host, as another service's jobs have it: the words that the engine needs.

The other kind of workload (job.Workload) has a run directory of ours and gives its outputs to the blob store.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dragoman.core.transfers import INPUTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A path on a system: absolute below the system's root, with one leading slash."""

    system_id: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something to bring in before the launch: ``tapis://system/path``, ``http(s)://…`` or an address as it is kept."""

    uri: str
    target: Place
    optional: bool = False
    account_id: int | None = None
    """Whose login reads it; None: the run's own. That somebody else's may be used was checked when it was submitted."""
    tag: str = INPUTS
    """Under which of a run's transfers it comes."""
    md5: str = ""
    """Not empty: it is a zip archive with this digest, and what it holds comes below the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A small text file to write into the working directory."""

    name: str
    text: str
    mode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Which of the files below the output directory go to the archive, and where that is."""

    target: Place
    includes: tuple[str, ...] = ()
    """Globs on the path below the output directory, or ``REGEX:…``; empty: all."""
    excludes: tuple[str, ...] = ()
    launch_files: bool = True
    on_failure: bool = True
    """Also when the run has failed."""
    left_out: str = ""
    """A file below the output directory that names more of what is not kept: a path on each line, below that directory;
    a directory means all that it holds."""
    clears: bool = False
    """What was kept is gone from the output directory afterwards, and the directory with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """What a run in directories of people's own executes. All times in seconds."""

    system_id: int
    account_id: int
    """Whose login is used."""
    directories: tuple[Place, ...]
    """Made before anything else."""
    work: Place
    """The working directory, where the scripts are written and the launch happens."""
    output: Place
    sources: tuple[Source, ...]
    scripts: tuple[Script, ...]
    batch: str = ""
    """The script that is given to the system's batch scheduler; empty: ``command`` is run as a process of the host."""
    command: str = ""
    """Text for bash, run in the working directory: launches, waits for the end, and exits with the workload's code."""
    undo: str = ""
    """Text for bash that ends what ``command`` started elsewhere (a container), should it be gone itself."""
    exit_file: str = ""
    """Name in the output directory of a file that holds the exit code, where the workload wrote one."""
    queue: str = ""
    walltime: int | None = None
    keeping: Keeping | None = None
    """None: nothing is archived."""
    prepare: str = ""
    """Text for bash, run in the working directory before every launch once the scripts and sources are there; when it
    exits with a code other than zero the run cannot be staged, and the last line it wrote says why."""
    tells: str = ""
    """A file below the output directory; each line that the workload adds to it is told to who follows the job."""
    refusal: str = ""
    """Why this can never be staged (an option that nobody may give); the run fails where its scripts are written."""


def hosted_as_json(hosted: Hosted) -> dict[str, Any]:
    """The workload as plain JSON values."""
    return asdict(hosted)


def hosted_from_json(value: Mapping[str, Any]) -> Hosted:
    """The inverse of ``hosted_as_json``."""
    keeping = value["keeping"]
    return Hosted(
        **{
            **value,
            "directories": tuple(Place(**place) for place in value["directories"]),
            "work": Place(**value["work"]),
            "output": Place(**value["output"]),
            "sources": tuple(Source(**{**one, "target": Place(**one["target"])}) for one in value["sources"]),
            "scripts": tuple(Script(**one) for one in value["scripts"]),
            "keeping": keeping and _keeping(keeping),
        }
    )


def _keeping(value: Mapping[str, Any]) -> Keeping:
    lists = {name: tuple(value[name]) for name in ("includes", "excludes")}
    return Keeping(**{**value, **lists, "target": Place(**value["target"])})
