"""The handlers by which jobs are shared, part by part."""

from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Denied, Invalid, NotFound
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer, list_metadata
from dragoman.dialects.tapis3.jobs import HISTORY, OUTPUT, RESUBMIT, out_of_sight, read_page, seen
from dragoman.dialects.tapis3.times import iso

INPUT = "JOB_INPUT"
TOPICS = (HISTORY, RESUBMIT, OUTPUT, INPUT)
READ = "READ"


async def share(call: Call) -> Response:
    """Let somebody see parts of a job."""
    found, (grantee, topics) = await seen(call, hidden=False), read_share(await call.json())
    await call.desk.job_shares.share(call.who, DOOR, found.job.alias, grantee, topics)
    message = f"JOBS_JOB_SHARED The job {found.job.alias} is shared with {grantee}."
    return answer({"message": message}, message)


async def shares(call: Call) -> Response:
    """With whom a job is shared."""
    found, page = await seen(call, hidden=False), read_page(call)
    given = await call.desk.job_shares.shares(call.who, DOOR, found.job.alias)
    rows = [
        {
            "tenant": call.tenant,
            "createdby": found.owner.name,
            "jobUuid": found.job.alias,
            "grantee": one.name,
            "jobResource": one.path,
            "jobPermission": READ,
            "created": iso(one.created_at),
        }
        for one in given[page.offset :][: page.limit]
    ]
    metadata = list_metadata(len(rows), limit=call.number("limit", 100), skip=page.offset)
    return answer(rows, "JOBS_JOB_SHARE_INFO_RETRIEVED The shares of the job were retrieved.", metadata=metadata)


async def unshare(call: Call) -> Response:
    """Take back all that somebody may see of a job; those may do so, too."""
    uuid, user = call.param("jobUuid"), call.param("user")
    if user != call.who.account.name:
        await seen(call, hidden=False)
    try:
        await call.desk.job_shares.unshare(call.who, DOOR, uuid, user)
    except (Denied, NotFound) as problem:
        raise out_of_sight(problem, uuid) from problem
    message = f"JOBS_JOB_UNSHARED The job {uuid} is no longer shared with {user}."
    return answer({"message": message}, message)


def read_share(body: dict[str, Any]) -> tuple[str, list[str]]:
    """Who is to see which parts. Raises Invalid with all that is wrong."""
    wrong: dict[tuple[str | int, ...], list[str]] = {}
    grantee, topics = body.get("grantee"), body.get("jobResource")
    if not isinstance(grantee, str) or not grantee:
        wrong["grantee",] = ["The name of an account is needed here."]
    if not isinstance(topics, list) or not topics or not set(map(str, topics)) <= set(TOPICS):
        wrong["jobResource",] = [f"A list of these is needed here: {', '.join(TOPICS)}."]
    if body.get("jobPermission", READ) != READ:
        wrong["jobPermission",] = [f"Only {READ} can be given."]
    if wrong:
        raise Invalid(wrong)
    return str(grantee), list(dict.fromkeys(map(str, topics or ())))


ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="jobs/{jobUuid}/share", handler=share),
    Route(method="GET", path="jobs/{jobUuid}/share", handler=shares),
    Route(method="DELETE", path="jobs/{jobUuid}/share/{user}", handler=unshare),
)
