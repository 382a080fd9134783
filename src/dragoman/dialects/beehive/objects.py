"""Hands out what nodes have uploaded, whole or by ranges."""

import mimetypes

from starlette.responses import Response

from dragoman.core.errors import Invalid
from dragoman.dialects.beehive.door import Call
from dragoman.dialects.beehive.errors import ANYBODY
from dragoman.dialects.beehive.places import node_of
from dragoman.web.download import Download
from dragoman.web.streams import disposition

PLAIN_BYTES = "application/octet-stream"


async def answer_object(call: Call) -> Response:
    """The bytes of an upload, under the name that ends its place."""
    place: str = call.request.path_params["place"]
    node = node_of(place)
    if node is None:
        raise Invalid.field("place", why="It has four parts: job, task, node and TIME-NAME.")
    file, source = await call.data.open(await call.who(), place, node=node)
    kind, packed = mimetypes.guess_type(file.name)
    return Download(
        source,
        file.size,
        content_type=PLAIN_BYTES if packed or kind is None else kind,
        etag=file.md5,
        headers={
            **ANYBODY,
            "Content-Disposition": disposition("attachment", file.name),
            "X-Content-Type-Options": "nosniff",
        },
    )
