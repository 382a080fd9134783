"""Puts a run's inputs in place, and remembers how they looked before the first step."""

import json

from dragoman.core.errors import Invalid, NotFound, TooLarge
from dragoman.core.job import Run, Workload
from dragoman.engine.world import Place, World
from dragoman.store import files

BEFORE = "inputs.json"
"""In the run directory: size and time of change of every staged file, to tell unchanged inputs from results."""


def home_files(workload: Workload) -> dict[str, str]:
    """The small files that the workload wants in its home, by their path in the run directory."""
    return {f"home/{name}": text for name, text in workload.home_files.items()}


async def stage_inputs(world: World, place: Place, run: Run, workload: Workload) -> bool:
    """Fill a fresh run directory with the workload's inputs, in their order; later ones overlay earlier ones.

    True, or a Problem that says which input could not be put in place.
    """
    directory, work = place.directory(run.id), place.work(run.id)
    await place.shell.fresh(directory, home_files(workload))
    found = await world.db.read(files.get_files, [item.file_id for item in workload.inputs])
    for item in workload.inputs:
        file = found.get(item.file_id)
        if file is None or file.deleted_at is not None:
            raise NotFound(f"The input file {item.name} was deleted.")
        with world.blobs.open(file.blob) as source:
            try:
                unpacked = item.unpack and await place.shell.unpack(work, source, item.name)
            except Invalid as problem:
                raise Invalid.field(item.name, why=problem.message) from problem
            except TooLarge as problem:
                raise TooLarge(f"{item.name}: {problem.message}") from problem
        if not unpacked:
            with world.blobs.open(file.blob) as source:
                await place.shell.put(work, item.name, source)
    if workload.outputs:
        before = {entry.path: [entry.size, entry.changed] for entry in await place.shell.walk(work)}
        await place.shell.write(directory, BEFORE, json.dumps(before))
    return True


async def staged_before(place: Place, run: Run) -> dict[str, tuple[int, int]]:
    """How the staged inputs looked: (size, time of change) by path."""
    try:
        text = await place.shell.read(place.directory(run.id), BEFORE)
    except NotFound:
        return {}
    return {path: (size, changed) for path, (size, changed) in json.loads(text).items()}
