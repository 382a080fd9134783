"""Every path this door answers."""

from dragoman.dialects.beehive.door import Route
from dragoman.dialects.beehive.errors import NODES, about_object, about_query, about_uplink
from dragoman.dialects.beehive.objects import answer_object
from dragoman.dialects.beehive.query import answer_query
from dragoman.dialects.beehive.stream import answer_stream
from dragoman.dialects.beehive.uplink import take_log, take_records, take_upload, tell_marks

PREFIXES = ("/api/v1/query", "/api/v0/stream", "/api/v1/data", NODES)
_NODE = f"{NODES}/{{vsn}}"

ROUTES = (
    Route(path="/api/v1/query", handler=answer_query, methods=(), problem=about_query),
    Route(path="/api/v0/stream", handler=answer_stream, methods=("GET",), problem=about_query),
    Route(path="/api/v1/data/{place:path}", handler=answer_object, methods=("GET", "HEAD"), problem=about_object),
    Route(path=f"{_NODE}/records", handler=take_records, methods=("POST",), problem=about_uplink),
    Route(path=f"{_NODE}/marks", handler=tell_marks, methods=("GET",), problem=about_uplink),
    Route(path=f"{_NODE}/uploads/{{name}}", handler=take_upload, methods=("PUT",), problem=about_uplink),
    Route(path=f"{_NODE}/logs/{{run}}", handler=take_log, methods=("PUT",), problem=about_uplink),
)
