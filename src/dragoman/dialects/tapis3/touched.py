"""Which paths a job reads and writes before and after its program, with whose rights. Pure."""

from collections.abc import Iterator

from dragoman.core.hosted import Hosted
from dragoman.core.paths import address, kept
from dragoman.core.things import Verb
from dragoman.desk.transfers import Touch
from dragoman.dialects.tapis3 import app_context
from dragoman.dialects.tapis3.app_context import lender_of
from dragoman.dialects.tapis3.job_fields import Json
from dragoman.dialects.tapis3.resolve_job import Resolved
from dragoman.dialects.tapis3.resolve_places import NEVER


def touched(resolved: Resolved, hosted: Hosted, *, may_run: bool) -> list[Touch]:
    """All of them.

    Who may run anything on the execution system writes wherever its login may there; who may only through a shared app
    writes where the app says.
    """
    job = dict(resolved.attributes)
    return [*_read(resolved, job, hosted), *_written(job, may_run=may_run)]


def _read(resolved: Resolved, job: Json, hosted: Hosted) -> Iterator[Touch]:
    lenders = {one["sourceUrl"]: str(one["srcSharedAppCtx"]) for one in job["fileInputs"]}
    places = {one["sourceUrl"]: ("fileInputs", place) for place, one in enumerate(job["fileInputs"])}
    for source in hosted.sources:
        lender = lenders.get(source.uri, str(job["sharedAppCtx"]))  # the image is always the app's own
        where = places.get(source.uri, ("containerImage",))
        yield Touch(where=where, kept=kept(source.uri), verb=Verb.READ, lender=lender)


def _written(job: Json, *, may_run: bool) -> Iterator[Touch]:
    exec_system, archive_system = job["execSystemId"], job["archiveSystemId"]
    if not may_run:
        for key, word in app_context.EXEC_DIRS.items():
            yield _write(job, key, exec_system, app_context.EXEC_SYSTEM, word)
    if job["archiveMode"] != NEVER and not (may_run and exec_system == archive_system):
        words = app_context.ARCHIVE_SYSTEM, app_context.ARCHIVE_DIR
        yield _write(job, "archiveSystemDir", archive_system, *words)
    if job["dtnSystemId"] and job["dtnSystemInputDir"]:
        words = app_context.DTN_SYSTEM, app_context.DTN_INPUT_DIR
        yield _write(job, "dtnSystemInputDir", job["dtnSystemId"], *words)


def _write(job: Json, key: str, system: str, *words: str) -> Touch:
    return Touch(where=(key,), kept=address(system, job[key]), verb=Verb.CHANGE, lender=lender_of(job, *words))
