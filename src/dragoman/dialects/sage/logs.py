"""Hands out what a plugin has written on a node, to whoever may see the job. Ours; see docs/dialects/sage.md#logs."""

import asyncio
import re

from starlette.responses import Response

from dragoman.core.manifests import VSN
from dragoman.core.uploads import LogQuery
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import EVERYWHERE, Refused
from dragoman.dialects.sage.gojson import moment
from dragoman.dialects.sage.jobs import view
from dragoman.dialects.sage.pages import whole
from dragoman.web.download import Download

TEXT = "text/plain; charset=utf-8"
USUAL, MOST = 100, 1_000
"""Logs of one page."""
PLUGIN = re.compile(r"[a-z0-9-]{1,200}")


async def listing(call: Call) -> Response:
    """Which runs of a job have a log here, the last first; ``next`` is the ``before`` of the next page."""
    found = await view(call)
    limit = whole(call, "limit")
    most = USUAL if limit is None else limit
    if not 1 <= most <= MOST:
        raise Refused(f"limit must be 1 to {MOST}")
    node, plugin = _word(call, "node", VSN), _word(call, "plugin", PLUGIN)
    query = LogQuery(node=node, plugin=plugin, before=whole(call, "before"), most=most + 1)
    logs = await call.desk.run_logs.list(found.job.id, query)
    runs = f"{call.origin}/dragoman/v1/jobs/{found.job.alias}/runs"
    told = [
        {
            "run": one.run,
            "plugin": one.plugin,
            "node": one.node,
            "bytes": one.size,
            "kept_at": moment(one.kept_at),
            "url": f"{runs}/{one.run}/log",
        }
        for one in logs[:most]
    ]
    return call.answer({"logs": told, "next": logs[most - 1].id if len(logs) > most else None})


def _word(call: Call, name: str, form: re.Pattern[str]) -> str | None:
    text = call.query(name)
    if text is not None and form.fullmatch(text) is None:
        raise Refused(f"{name} must be of the form {form.pattern}")
    return text


async def log(call: Call) -> Response:
    """The end of a run's log, as it was written."""
    found = await view(call)
    file = await call.desk.run_logs.find(found.job.id, call.param("run"))
    source = await asyncio.to_thread(call.blobs.open, file.blob)
    headers = {**EVERYWHERE, "X-Content-Type-Options": "nosniff"}
    return Download(source, file.size, content_type=TEXT, etag=file.md5, headers=headers)
