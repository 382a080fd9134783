"""The handlers of what jobs leave: listed and fetched where it is kept, or where it is being written."""

from functools import partial
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import NotFound
from dragoman.core.launch import is_ours
from dragoman.core.paths import below, located, shown
from dragoman.core.states import JobState
from dragoman.core.things import Identity, Page
from dragoman.desk.hosted_jobs import Seen
from dragoman.desk.walks import Test, nothing
from dragoman.dialects.tapis3.app_context import ARCHIVE_DIR, ARCHIVE_SYSTEM, EXEC_SYSTEM, OUTPUT_DIR, lender_of
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer, list_metadata
from dragoman.dialects.tapis3.errors import Refused
from dragoman.dialects.tapis3.file_content import archive, is_head, whole
from dragoman.dialects.tapis3.jobs import OUTPUT, read_page, seen, told
from dragoman.dialects.tapis3.write_file import write_info

MOST = 10_000


async def listing(call: Call) -> Response:
    """The files below a path; without limit and skip, all of them with everything below."""
    found = await _readable(call)
    system, path, ours = _place(call, found)
    deep = not call.query("limit") and not call.query("skip")
    page = Page(limit=MOST) if deep else read_page(call)
    owner, lender = Identity(account=found.owner), _lender(found)
    asked: dict[str, Any] = {"page": page, "deep": deep, "lender": lender, "without": ours}
    infos = await call.desk.places.list(owner, DOOR, system, path, **asked)
    rows = [write_info(one) for one in infos if not (deep and one.is_directory)]
    told_of = list_metadata(len(rows), limit=call.number("limit", 100), skip=page.offset)
    return answer(rows, "JOBS_OUTPUT_FILES_LIST_RETRIEVED The outputs were listed.", metadata=told_of)


async def download(call: Call) -> Response:
    """A file; of a directory, or where it is asked for, a zip archive."""
    found = await _readable(call)
    system, path, ours = _place(call, found)
    opened = await call.desk.places.open(Identity(account=found.owner), DOOR, system, path, lender=_lender(found))
    if opened.found.is_directory or call.flag("compress"):
        at_top = not call.place("outputPath").strip("/.")
        return archive(opened, is_head=is_head(call), stem=found.job.alias if at_top else "", without=ours)
    return await whole(call, opened)


async def _readable(call: Call) -> Seen:
    """The job, when its outputs may be read now."""
    found = await seen(call, OUTPUT, hidden=False)
    if found.job.state is not JobState.ENDED and not call.flag("allowIfRunning"):
        uuid, word = found.job.alias, told(found).shown.status
        why = f"JOBS_JOB_NOT_TERMINATED The job {uuid} is {word}. Ask with allowIfRunning=true."
        raise Refused(400, why, result={"name": uuid})
    return found


def _place(call: Call, found: Seen) -> tuple[str, str, Test]:
    """The system, the path on it, and which paths are the house's own: these are as if they were not there.

    Raises NotFound for one of them.
    """
    job, is_kept = told(found).attributes, told(found).is_archived
    system, top = ("archiveSystemId", "archiveSystemDir") if is_kept else ("execSystemId", "execSystemOutputDir")
    inside = located(call.place("outputPath"), field="outputPath")
    path = located(below(job[top], inside.lstrip("/")))
    ours: Test = partial(is_ours, work=job["execSystemExecDir"]) if job[system] == job["execSystemId"] else nothing
    if ours(path):
        raise NotFound(f"There is no {shown(path)} among the outputs.")
    return job[system], path, ours


def _lender(found: Seen) -> str:
    """Whose rights count for the outputs, where a shared app says where they are."""
    kept, written = (ARCHIVE_SYSTEM, ARCHIVE_DIR), (EXEC_SYSTEM, OUTPUT_DIR)
    return lender_of(told(found).attributes, *(kept if told(found).is_archived else written))


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="jobs/{jobUuid}/output/list/{outputPath:path}", handler=listing),
    Route(method="GET", path="jobs/{jobUuid}/output/download/{outputPath:path}", handler=download),
)
