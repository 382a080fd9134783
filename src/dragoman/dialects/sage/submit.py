"""The handlers of submits: a stored job by its id, and a job as a file. See docs/dialects/sage.md#submit."""

from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Denied, NotFound
from dragoman.core.rules.fault import quoted
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import Refused
from dragoman.dialects.sage.jobs import not_yours, number, read, unknown
from dragoman.dialects.sage.plan import planning
from dragoman.dialects.sage.read_job import DOOR, draft_of
from dragoman.dialects.sage.states import SUBMITTED

TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
STORED = "job is added, but failed to be validated. Please edit the job and try again."
NOT_STORED = "validation failed. Please revise the job and try again."


def is_dry(call: Call) -> bool:
    """Whether nothing shall be changed. Raises Refused for what is neither yes nor no."""
    word = call.query("dryrun")
    if word is None or word in FALSE:
        return False
    if word not in TRUE:
        raise Refused(f"strconv.ParseBool: parsing {quoted(word[:100])}: invalid syntax")
    return True


async def by_id(call: Call) -> Response:
    """Serve a stored job under a new goal, wherever it stood."""
    dry, alias = is_dry(call), number(call.query("id"))
    try:
        complaints = await call.desk.field_jobs.submit(
            call.who, DOOR, alias, planning(call.conditions), override=call.is_true("override"), dry=dry
        )
    except NotFound as problem:
        raise unknown(alias) from problem
    except Denied as problem:
        raise not_yours(call) from problem
    if complaints:
        raise Refused(f"[{' '.join(complaints)}]")
    return call.told(job_id=alias, dryrun=True) if dry else call.told(job_id=alias, **{call.profile.word: SUBMITTED})


async def by_file(call: Call) -> Response:
    """Store the job that the body describes, and serve it, in one go."""
    dry, profile = is_dry(call), call.profile
    document, letter = await read(call)
    submitted = await call.desk.field_jobs.submit_new(
        call.who, draft_of(document, letter), planning(call.conditions), keep=profile.keeps_invalid, dry=dry
    )
    job, name = submitted.job, {"job_name": document.name}
    if submitted.complaints:
        stored: dict[str, Any] = {"message": NOT_STORED, **name}
        told = stored if job is None else {"message": STORED, "job_id": job.alias}
        raise Refused(f"[{' '.join(submitted.complaints)}]", **told)
    if job is None:
        return call.told(dryrun=True, **name)
    more = name if profile.names_job else {}
    return call.told(job_id=job.alias, **more, **{profile.word: SUBMITTED})
