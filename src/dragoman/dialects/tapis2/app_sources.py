"""Where the attributes of apps lie in the rows. Pure."""

from collections.abc import Mapping

from dragoman.core.registered import Kind as Registered
from dragoman.core.search import Kind
from dragoman.core.sources import Fixed, Held, IsPublic, Joined, Source
from dragoman.dialects.tapis2.door import DOOR
from dragoman.dialects.tapis2.ids import Thing

_SURE = ("name", "version", "executionSystem", "executionType", "parallelism", "deploymentSystem", "deploymentPath")
_TEXTS = ("label", "shortDescription", "longDescription", "helpURI", "icon", "defaultQueue", "defaultMaxRunTime")
PUBLIC = "ispublic"

SOURCES: Mapping[str, Held] = {
    "id": Source(column="app.name"),
    "uuid": Joined((Source(column="app.uuid"), Fixed(f"-{Thing.APP}"))),
    "owner": Source(column="account.name"),
    "available": Source(column="app.enabled"),
    "created": Source(column="app.created_at"),
    "lastmodified": Source(column="app.updated_at"),
    PUBLIC: IsPublic(Registered.APP),
    **{name.lower(): Source(column="app.facets", path=(DOOR, name)) for name in (*_SURE, *_TEXTS)},
}
KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("created", "lastmodified"), Kind.TIME),
    **dict.fromkeys(("available", PUBLIC), Kind.FLAG),
    **dict.fromkeys(("id", "uuid", "owner"), Kind.TEXT),
    **{name.lower(): Kind.TEXT for name in (*_SURE, *_TEXTS)},
}
MAYBE = frozenset(name.lower() for name in _TEXTS)
"""What an app may lack."""
SORTED = frozenset({"id", "uuid", "owner", "created", "lastmodified", *(name.lower() for name in _SURE)})
"""What every app has, so that the store sorts by it as this door does."""
