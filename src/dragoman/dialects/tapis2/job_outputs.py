"""The handlers of what jobs leave: listed and fetched where it is now, be that the archive or where it works."""

from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Denied, NotFound, Unavailable
from dragoman.core.paths import below, located, name_of, parent_of, shown
from dragoman.core.places import Found
from dragoman.core.things import Identity, Page
from dragoman.desk.hosted_jobs import Seen
from dragoman.dialects.tapis2.door import DOOR, Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.jobs import seen, told
from dragoman.dialects.tapis2.launch import OWN
from dragoman.dialects.tapis2.links import links
from dragoman.dialects.tapis2.sending import fetched
from dragoman.dialects.tapis2.slugs import script_name
from dragoman.dialects.tapis2.spots import MISSING
from dragoman.dialects.tapis2.write_file import DIRECTORY, in_address, moment, permission
from dragoman.web.contents import BYTES

EVERYTHING = 100_000
NO_PLACE = "No work directory specified for this job. Usually this occurs when a job failed during submission."


async def listing(call: Call) -> Answer:
    """What a directory of the outputs holds, by name; never the directory itself."""
    found = await seen(call)
    system, top = place(found)
    inside = _inside(call)
    page = call.page if call.query("limit") else Page(limit=EVERYTHING, offset=call.page.offset)
    try:
        there = await _entries(call, found, system, located(below(top, inside)))
    except NotFound:
        raise NotFound(MISSING) from None
    rows = [one for one in there if not (inside == "" and name_of(one.path) == OWN)]
    rows.sort(key=lambda one: name_of(one.path))
    base, alias = call.base, found.job.alias
    return Answer(
        result=[_entry(one, top, base=base, job=alias, system=system) for one in rows[page.offset :][: page.limit]]
    )


async def _entries(call: Call, found: Seen, system: str, path: str) -> list[Found]:
    who, page = Identity(account=found.owner), Page(limit=EVERYTHING)
    try:
        return await call.desk.places.list(who, DOOR, system, path, page=page)
    except Denied as problem:
        raise Unavailable(f"The outputs cannot be read now: {problem}") from problem


def place(found: Seen) -> tuple[str, str]:
    """The system on which the outputs of a job are now, and the directory that holds them. Raises Refused."""
    facts = told(found)
    kept = facts.attributes
    if facts.is_archived:
        return kept["archiveCore"], kept["archiveTop"]
    if not facts.has_place:
        raise Refused(404, NO_PLACE)
    return kept["systemCore"], kept["workPath"]


def _inside(call: Call) -> str:
    return located(call.place).lstrip("/")


def _entry(one: Found, top: str, *, base: str, job: str, system: str) -> dict[str, Any]:
    path = one.path.removeprefix(top.rstrip("/")) or f"/{name_of(one.path)}"
    return {
        "name": shown(name_of(one.path)),
        "path": shown(path),
        "lastModified": moment(one.facts.modified),
        "length": one.facts.size,
        "permission": permission(one),
        "mimeType": DIRECTORY if one.is_directory else BYTES,
        "format": "folder" if one.is_directory else "unknown",
        "type": "dir" if one.is_directory else "file",
        "_links": links(
            base,
            self=f"jobs/v2/{job}/outputs/{'listings' if one.is_directory else 'media'}{in_address(path)}",
            system=f"systems/v2/{system}",
            parent=f"jobs/v2/{job}",
        ),
    }


async def media(call: Call) -> Response:
    """A file, or a part of it."""
    found = await seen(call)
    system, top = place(found)
    inside, who = _inside(call), Identity(account=found.owner)
    if inside.split("/")[0] == OWN:
        raise NotFound(MISSING)
    for name in (inside, _plain(found, inside)):
        try:
            opened = await call.desk.places.open(who, DOOR, system, located(below(top, name)))
        except NotFound:
            continue
        return await fetched(call, opened, call.who)
    raise NotFound(MISSING)


def _plain(found: Seen, path: str) -> str:
    """The log of a job that no batch scheduler ran, asked for by the name that one would have given it."""
    slug = told(found).attributes["slug"]
    stem, dot, ending = name_of(path).rpartition(".")
    if dot and ending in {"out", "err"} and stem == f"{script_name(slug)}-{found.job.alias}":
        return below(parent_of(f"/{path}"), f"{slug}.{ending}").lstrip("/")
    return path


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="jobs/v2/{job}/outputs/listings/{path:path}", handler=listing),
    Route(method="GET", path="jobs/v2/{job}/outputs/media/{path:path}", handler=media),
    Route(method="GET", path="jobs/v2/{job}/outputs", handler=listing),
)
