"""What plugins have written on nodes, by their job; with the service running or not."""

import os
import shutil
import sys
from typing import Any

import click

from dragoman.blobs import LocalBlobs
from dragoman.cli.options import WORDS, data_option, output_option, settings_for, show
from dragoman.config import Settings
from dragoman.core.errors import NotFound
from dragoman.core.instants import write_instant
from dragoman.core.job import Job
from dragoman.core.things import File
from dragoman.core.uploads import LogQuery
from dragoman.server.database import database
from dragoman.store import Connection, field_jobs, run_logs

EXAMPLE = "Example:  dragoman node logs 17 --node W023 --data ./data      and then      dragoman node logs 17 RUN"


@click.command("logs", epilog=EXAMPLE)
@click.argument("job", type=WORDS)
@click.argument("run", type=WORDS, required=False)
@click.option("--node", "vsn", type=WORDS, help="Only those of this node.")
@click.option("--plugin", type=WORDS, help="Only those of this plugin of the job.")
@click.option("--last", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@data_option
@output_option
def logs(  # noqa: PLR0917 - the options of a command
    job: str,
    run: str | None,
    vsn: str | None,
    plugin: str | None,
    last: int,
    data: str | None,
    config_file: str | None,
    output: str,
) -> None:
    """Which runs of a job's plugins have a log here, the last first; with RUN, that log itself."""
    settings = settings_for(data, config_file)

    def found(conn: Connection) -> list[dict[str, Any]]:
        query = LogQuery(node=vsn, plugin=plugin, most=last)
        return [
            {
                "run": one.run,
                "plugin": one.plugin,
                "node": one.node,
                "bytes": one.size,
                "kept": write_instant(one.kept_at * 1000),
            }
            for one in run_logs.list_logs(conn, _job(conn, job).id, query)
        ]

    with database(settings) as db:
        if run is None:
            show(db.write_now(found), output, none="No plugin of this job has handed in a log yet.")
            return
        file = db.write_now(_log, job, run)
    with LocalBlobs(_blobs(settings)).open(file.blob) as source:
        shutil.copyfileobj(source, sys.stdout.buffer)


def _blobs(settings: Settings) -> str:
    found = os.path.join(settings.server.data, "blobs")
    if not os.path.isdir(found):
        raise NotFound(f"There are no blobs in {settings.server.data}.", hint="Give the service's own --data.")
    return found


def _job(conn: Connection, number: str) -> Job:
    from dragoman.dialects.sage import DOOR

    found = field_jobs.find_field_job(conn, door=DOOR, alias=number)
    if found is None:
        raise NotFound(f"There is no job {number} on nodes.", hint="Give the id that a submit has answered.")
    return found


def _log(conn: Connection, job: str, run: str) -> File:
    found = run_logs.find_log(conn, job_id=_job(conn, job).id, run=run)
    if found is None:
        raise NotFound(f"There is no log of {run}.", hint=f"`dragoman node logs {job}` lists all.")
    return found
