"""The handlers of the code repository. See docs/dialects/sage.md#code-repository."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Invalid, NotFound, Unsupported
from dragoman.core.field import AppKey
from dragoman.core.things import Verb
from dragoman.desk.repository import FROZEN, RepositoryApp
from dragoman.dialects.sage.door import DOOR, Call
from dragoman.dialects.sage.errors import compact
from dragoman.dialects.sage.gojson import moment
from dragoman.dialects.sage.read_app import KEPT, NAME, VERSION, read_app
from dragoman.dialects.sage.read_permission import EVERYBODY, PERMISSIONS, read_permission

MOST, USUAL = 1000, 100
TRUE = frozenset({"1", "true", "True", "yes"})
NOT_BUILT = "Images are not built here: build and push them yourself, and submit the app."


async def hello(_: Call) -> Response:
    """What this is, in words."""
    return Response("SAGE Edge Code Repository", media_type="text/plain")


async def healthy(_: Call) -> Response:
    """That it answers."""
    return compact({"status": "ok"})


def _key(call: Call) -> AppKey:
    key = AppKey(call.param("namespace"), call.param("name"), call.param("version"))
    if not (NAME.fullmatch(key.namespace) and NAME.fullmatch(key.name) and VERSION.fullmatch(key.version)):
        raise NotFound("App not found")
    return key


def _part(call: Call, word: str) -> str:
    """A namespace or a name in the path; empty when it is not there. Raises NotFound for what can be none."""
    value = call.param(word) if word in call.request.path_params else ""
    if value and NAME.fullmatch(value) is None:
        raise NotFound("App not found")
    return value


async def _seen(call: Call) -> list[RepositoryApp]:
    place = {"namespace": _part(call, "namespace"), "name": _part(call, "name")}
    views = await call.desk.repository.list(call.caller, DOOR, **place)
    return [view for view in views if all(_fits(call, view))]


def _fits(call: Call, view: RepositoryApp) -> Sequence[bool]:
    mine = view.rights.is_owner
    return (
        call.query("public") not in TRUE or view.rights.is_public,
        call.query("shared") not in TRUE or (not mine and bool(view.rights.is_shared or view.rights.verbs)),
        not call.query("owner") or view.owner.name == call.query("owner"),
    )


def _page(call: Call, rows: Sequence[dict[str, Any]]) -> Response:
    """A page of a list, with a token for the next one."""
    limit, start = _number(call, "limit", USUAL, MOST), _number(call, "continue", 0, 1 << 31)
    page = rows[start : start + limit]
    token = str(start + limit) if start + limit < len(rows) else ""
    return compact({"data": page, "pagination": {"continuationToken": token}})


def _number(call: Call, name: str, usual: int, most: int) -> int:
    text = call.query(name)
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid.field(name, why="A whole number is needed here.")
    return min(int(text), most)


async def listing(call: Call) -> Response:
    """Versions of apps that one may see: all, those of a namespace, or those of one name."""
    return _page(call, [_app(view) for view in await _seen(call)])


async def find(call: Call) -> Response:
    """One version of an app."""
    return compact(_app(await call.desk.repository.find(call.caller, DOOR, _key(call))))


async def submit(call: Call) -> Response:
    """Register a version, as the body says where."""
    key, facet = read_app(await call.body())
    return await _put(call, key, facet)


async def submit_there(call: Call) -> Response:
    """Register a version, as the address says where."""
    key, facet = read_app(await call.body(), _key(call))
    return await _put(call, key, facet)


async def _put(call: Call, key: AppKey, facet: dict[str, Any]) -> Response:
    force = call.query("force") in TRUE
    return compact(_app(await call.desk.repository.put(call.who, DOOR, key, facet, force=force)))


async def freeze(call: Call) -> Response:
    """Have a version stay as it is, or not any longer."""
    word = call.query("frozen")
    if word is None:
        raise Invalid.field("frozen", why="Say frozen=1 or frozen=0; nothing else can be changed without a submit.")
    return compact(_app(await call.desk.repository.freeze(call.who, DOOR, _key(call), on=word in TRUE)))


async def delete(call: Call) -> Response:
    """Delete a version that is not frozen."""
    await call.desk.repository.delete(call.who, DOOR, _key(call))
    return compact({"deleted": 1})


async def namespaces(call: Call) -> Response:
    """Namespaces with apps that one may see, or one of them with its repositories."""
    found: dict[str, dict[str, Any]] = {}
    for view in await _seen(call):
        here = found.setdefault(view.app.namespace, {"id": view.app.namespace, "type": "namespace", "repositories": {}})
        here["repositories"][view.app.name] = _repository(view)
    rows = [{**one, "repositories": list(one["repositories"].values())} for one in found.values()]
    if not _part(call, "namespace"):
        return _page(call, [{key: row[key] for key in ("id", "type")} for row in rows])
    if not rows:
        raise NotFound("Namespace not found")
    return compact(rows[0])


async def repositories(call: Call) -> Response:
    """Apps by name, or one of them with its versions."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for view in await _seen(call):
        here = found.setdefault((view.app.namespace, view.app.name), {**_repository(view), "versions": []})
        here["versions"].append(view.app.version)
    if not _part(call, "name"):
        return _page(call, list(found.values()))
    if not found:
        raise NotFound("Repository not found")
    return compact(next(iter(found.values())))


async def unmakeable(_: Call) -> Response:
    """Namespaces and repositories are there as long as an app is in them."""
    raise Unsupported("Namespaces and repositories are made by the first app in them: submit that.")


async def permissions(call: Call) -> Response:
    """Who may do what with an app."""
    views = await _seen(call)
    if not views:
        raise NotFound("Repository not found")
    view = views[0]
    words = {place: word for word, place in PERMISSIONS.items()}
    owner = {"granteeType": "USER", "grantee": view.owner.name, "permission": "FULL_CONTROL"}
    rows = [{**_about(view), **owner}]
    for grant in view.granted:
        word = "READ" if grant.verb is Verb.SHARE else words.get((grant.verb, grant.path))
        if word is not None:
            kind, name = ("USER", grant.name) if grant.account_id is not None else ("GROUP", EVERYBODY)
            rows.append({**_about(view), "granteeType": kind, "grantee": name, "permission": word})
    return compact(rows)


async def permit(call: Call) -> Response:
    """Grant an app to somebody, or to everybody, or take that back."""
    asked = read_permission(await call.body())
    namespace, name = _part(call, "namespace"), _part(call, "name")
    changed = await call.desk.repository.share(
        call.who, DOOR, namespace, name, grantee=asked.grantee, verb=asked.verb, path=asked.path, on=asked.adds
    )
    return compact({"added" if asked.adds else "deleted": changed})


async def build(_: Call) -> Response:
    """Nothing is built here."""
    raise Unsupported(NOT_BUILT)


def _about(view: RepositoryApp) -> dict[str, Any]:
    return {"resourceType": "repository", "resourceName": f"{view.app.namespace}/{view.app.name}"}


def _repository(view: RepositoryApp) -> dict[str, Any]:
    return {"namespace": view.app.namespace, "name": view.app.name, "owner_id": view.owner.name}


def _app(view: RepositoryApp) -> dict[str, Any]:
    app, facet = view.app, view.app.facets[DOOR]
    return {
        "id": f"{app.namespace}/{app.name}:{app.version}",
        "namespace": app.namespace,
        "name": app.name,
        "version": app.version,
        **{word: facet.get(word, _nothing(word)) for word in KEPT},
        "frozen": bool(facet.get(FROZEN)),
        "testing": None,
        "owner": view.owner.name,
        "time_created": moment(app.created_at),
        "time_last_updated": moment(app.updated_at),
    }


def _nothing(word: str) -> Any:
    return [] if word in {"depends_on", "inputs", "resources"} else {} if word in {"source", "metadata"} else ""
