"""Hands out what a plugin has written on a node, to whoever may see the job. Ours; see docs/dialects/sage.md#logs."""

import asyncio

from starlette.responses import Response

from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import EVERYWHERE
from dragoman.dialects.sage.jobs import view
from dragoman.web.download import Download

TEXT = "text/plain; charset=utf-8"


async def log(call: Call) -> Response:
    """The end of a run's log, as it was written."""
    found = await view(call)
    file = await call.desk.run_logs.find(found.job.id, call.param("run"))
    source = await asyncio.to_thread(call.blobs.open, file.blob)
    headers = {**EVERYWHERE, "X-Content-Type-Options": "nosniff"}
    return Download(source, file.size, content_type=TEXT, etag=file.md5, headers=headers)
