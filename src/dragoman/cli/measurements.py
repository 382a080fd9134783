"""What nodes have measured, written into files that other tools read; with the service running or not."""

import asyncio
import os
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import click

from dragoman.cli.options import data_option, output_option, settings_for, show
from dragoman.config import Settings
from dragoman.core.errors import Invalid, Unavailable
from dragoman.core.measurements import SECOND, Wanted
from dragoman.measurements import KeptMeasurements
from dragoman.server.database import existing_data, open_measurements

EXAMPLE = "Example:  dragoman measurements export 2026-11-20 --to /srv/archive --data ./data"
DAY = timedelta(days=1)


@click.group()
def measurements() -> None:
    """What nodes in the field have measured."""


@measurements.command("export", epilog=EXAMPLE)
@click.argument("days", metavar="DAY...", nargs=-1, required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--to", "folder", type=click.Path(exists=True, file_okay=False), default=".", help="Where.  [default: .]")
@data_option
@output_option
def export(days: tuple[datetime, ...], folder: str, data: str | None, config_file: str | None, output: str) -> None:
    """Write all that was measured on days (UTC) that are over into Parquet files, one for each.

    A file is written anew when it is there: nodes that were cut off hand in later what belongs to an old day.
    """
    settings = settings_for(data, config_file)
    wanted = [one.date() for one in days]
    for day in wanted:
        if day >= datetime.now(UTC).date():
            raise Invalid.field("day", why=f"{day} is not over yet, by UTC.")
    show([_exported(settings, day, folder) for day in wanted], output)


def _exported(settings: Settings, day: date, folder: str) -> dict[str, object]:
    path = os.path.join(folder, f"measurements-{day}.parquet")
    try:
        rows = asyncio.run(_write(settings, day, path))
        return {"day": str(day), "rows": rows, "bytes": os.path.getsize(path), "file": path}
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}.") from error


async def _write(settings: Settings, day: date, path: str) -> int:
    from dragoman.measurements.parquet import write_parquet

    start, end = (int(datetime(*one.timetuple()[:3], tzinfo=UTC).timestamp()) * SECOND for one in (day, day + DAY))
    with closing(open_measurements(settings, existing_data(settings))) as db:
        kept, meant = KeptMeasurements(db), Wanted(start=start, end=end)
        return await write_parquet(path, kept.points(await kept.series(meant), meant))
