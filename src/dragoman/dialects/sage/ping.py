"""The scheduler's answer to who it is."""

from starlette.responses import Response

from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import EVERYWHERE, JSON
from dragoman.dialects.sage.gojson import encode, message


async def ping(call: Call) -> Response:
    """Name and version, with one more line end than any other answer."""
    told = message(id=f"Cloud Scheduler ({call.name})", version=call.profile.version)
    return Response(f"{encode(told, call.profile)}\n".encode(), 200, {**EVERYWHERE, "Content-Type": JSON})
