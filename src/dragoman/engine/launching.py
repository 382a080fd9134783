"""Turns a workload into the text of the launch that its wrapper reads. Pure but for the ports' own pure parts."""

from dragoman.core.job import Run, Workload
from dragoman.core.launch import Launch, launch_json
from dragoman.engine.world import Place, World


def launch_text(world: World, place: Place, run: Run, workload: Workload, *, token: str, key: str) -> str:
    """The run's ``run.json``: its steps as argument lists, its log, its limits."""
    own = {workload.key_variable: key} if key else {}
    launch = Launch(
        token=token,
        steps=tuple(
            place.runtime.step(step, place.directory(run.id), {**step.environment, **own}) for step in workload.steps
        ),
        work=place.work(run.id),
        log=workload.log,
        log_bytes=world.limits.log_bytes,
        walltime=workload.resources.walltime,
        grace=world.limits.grace,
        private_processes=place.private_processes,
    )
    return launch_json(launch)
