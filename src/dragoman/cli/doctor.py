"""Looks at everything the service needs on this host, and says what to do about what is missing."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from dragoman.cli.options import data_option, output_option, settings_for, show
from dragoman.config import Settings
from dragoman.config.catalogue import survey
from dragoman.core.errors import Problem
from dragoman.host.datadir import file_system, foresee, prepare
from dragoman.runtimes.bare import Bare, find_bubblewrap
from dragoman.runtimes.confine import confinement
from dragoman.runtimes.singularity import find_singularity
from dragoman.server.database import database, holds_data
from dragoman.server.furnish import slots

GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. ``state`` is ok, note (works, with a limit) or bad (the service cannot work)."""

    thing: str
    state: str
    found: str
    do: str = ""


@click.command()
@data_option
@output_option
def doctor(data: str | None, config_file: str | None, output: str) -> None:
    """Check this host: data directory, database, confinement, containers, catalogue. Exits 1 when something is bad."""
    settings = settings_for(data, config_file)
    findings = list(examine(settings))
    show([asdict(finding) for finding in findings], output)
    if any(finding.state == "bad" for finding in findings):
        sys.exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at one thing after another; a Problem becomes a bad finding with what to do."""
    for name, look in (
        ("python", _python),
        ("data directory", _data),
        ("database", _database),
        ("system local", _slots),
        ("confinement", _confinement),
        ("containers", _containers),
        ("apps", _apps),
    ):
        try:
            yield look(settings)
        except Problem as problem:
            yield Finding(thing=name, state="bad", found=problem.message, do=problem.hint)


def _python(_settings: Settings) -> Finding:
    found = f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    old = sqlite3.sqlite_version_info < (3, 35)
    do = "SQLite 3.35 or newer is needed." if old else ""
    return Finding(thing="python", state="bad" if old else "ok", found=found, do=do)


def _data(settings: Settings) -> Finding:
    is_new = not os.path.isdir(os.path.join(settings.server.data, "blobs"))
    data = foresee(settings.server.data) if is_new else prepare(settings.server.data)
    free = shutil.disk_usage(data).free / GIB
    if is_new:
        found = f"There is no Dragoman data in {os.path.realpath(settings.server.data)}; {free:.1f} GiB are free"
        do = "`dragoman serve` makes it at its first start. If it is there already, --data names another place."
        return Finding(thing="data directory", state="note", found=found, do=do)
    found = f"{data} on {file_system(data)}, {free:.1f} GiB free"
    little = free < 1
    do = "Free disk space: uploads and outputs need room." if little else ""
    return Finding(thing="data directory", state="note" if little else "ok", found=found, do=do)


def _database(settings: Settings) -> Finding:
    if not holds_data(settings):
        return Finding(thing="database", state="ok", found="none yet; SQLite in the data directory, once it is there")
    with database(settings):
        return Finding(
            thing="database",
            state="ok",
            found="PostgreSQL" if settings.database.url else "SQLite in the data directory",
        )


def _slots(settings: Settings) -> Finding:
    return Finding(thing="system local", state="ok", found=f"{os.cpu_count()} CPUs, {slots(settings)} runs at once")


def _confinement(settings: Settings) -> Finding:
    found = find_bubblewrap()
    if settings.local.confine == "off":
        return Finding(
            thing="confinement",
            state="note",
            found="switched off (local.confine): runs can read everything that the service's account can",
            do="Set local.confine to auto.",
        )
    if found.program is None:
        return Finding(
            thing="confinement",
            state="bad" if settings.local.confine == "require" else "note",
            found=f"{found.reason}; runs can read everything that the service's account can, its data too",
            do="Install the package bubblewrap (apt-get install bubblewrap).",
        )
    return Finding(thing="confinement", state="ok", found=f"{found.program}: runs see only their own directory")


def _containers(settings: Settings) -> Finding:
    """What the apps of containers that people bring can expect of this host."""
    found = find_singularity(
        Bare(confinement(settings, os.path.realpath(settings.server.data))), settings.local.singularity
    )
    if found.program is None:
        told = f"{found.reason} Jobs on `local` run no apps in containers; on other hosts they do."
        do = "Install apptainer (or set local.singularity to its path), and let accounts make namespaces of users."
        return Finding(thing="containers", state="note", found=told, do=do)
    told = (
        f"{found.program} ({found.version}): apps of SINGULARITY and DOCKER run on `local`, confined as their jobs are"
    )
    if not found.own_processes:
        told += ", with the /proc of these (no --pid, --containall, --compat: the service is root, or itself confined)"
    if found.mounts_images:
        return Finding(thing="containers", state="ok", found=told)
    do = "Install squashfuse and let the service's account use /dev/fuse."
    return Finding(thing="containers", state="note", found=f"{told}; images in one file cannot be mounted", do=do)


def _apps(settings: Settings) -> Finding:
    here, lacking = survey(os.path.join(os.path.realpath(settings.server.data), "catalog"))
    missing = {app.name: app.requires for app in lacking}
    found = ", ".join(sorted({app.name for app in here}))
    needs = "; ".join(f"{name} needs {', '.join(requires)}" for name, requires in missing.items())
    do = f"Not offered: {needs}. Install what they need and restart the service." if missing else ""
    return Finding(thing="apps", state="note" if missing else "ok", found=found, do=do)
