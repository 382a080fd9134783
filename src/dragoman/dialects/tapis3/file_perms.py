"""The handlers of who else may reach a path: permissions and shares."""

from starlette.responses import Response

from dragoman.core.errors import Invalid
from dragoman.core.paths import located
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.file_ops import done, place
from dragoman.dialects.tapis3.read_file import read_permission, read_users
from dragoman.dialects.tapis3.write_file import write_permission, write_shares


async def permissions(call: Call) -> Response:
    """What somebody may do with a path; who asks, when nobody is named."""
    system, path = place(call)
    user = call.query("username") or call.who.account.name
    path, verb = await call.desk.path_grants.of(call.who, DOOR, system, path, user=user)
    return done("getPermissions", system, path, write_permission(call.tenant, user, system, path, verb))


async def grant(call: Call) -> Response:
    """Let somebody read or change a path."""
    system, path = place(call)
    user, verb = read_permission(await call.json())
    path = await call.desk.path_grants.give(call.who, DOOR, system, path, user=user, verb=verb)
    return done("grantPermissions", system, path, write_permission(call.tenant, user, system, path, verb))


async def revoke(call: Call) -> Response:
    """Take back what somebody may do with a path."""
    system, path = place(call)
    user = call.query("username")
    if not user:
        raise Invalid.field("username", why="This parameter is required.")
    await call.desk.path_grants.take(call.who, DOOR, system, path, user=user)
    return done("deletePermissions", system, path)


async def share_info(call: Call) -> Response:
    """With whom a path is shared."""
    system, path = place(call)
    shares = await call.desk.path_grants.shares(call.who, DOOR, system, path)
    return done("getShareInfo", system, located(path), write_shares(shares))


async def share(call: Call) -> Response:
    """Let people read a path."""
    system, path = place(call)
    await call.desk.path_grants.share(call.who, DOOR, system, path, read_users(await call.json()))
    return done("sharePath", system, path)


async def unshare(call: Call) -> Response:
    """End shares with people."""
    system, path = place(call)
    await call.desk.path_grants.unshare(call.who, DOOR, system, path, read_users(await call.json()))
    return done("unSharePath", system, path)


async def share_public(call: Call) -> Response:
    """Let everybody read a path."""
    system, path = place(call)
    await call.desk.path_grants.share(call.who, DOOR, system, path, None)
    return done("sharePathPublic", system, path)


async def unshare_public(call: Call) -> Response:
    """End the share with everybody."""
    system, path = place(call)
    await call.desk.path_grants.unshare(call.who, DOOR, system, path, None)
    return done("unSharePathPublic", system, path)


async def unshare_all(call: Call) -> Response:
    """End every share of a path, and of what lies in it when asked."""
    system, path = place(call)
    await call.desk.path_grants.unshare_all(call.who, DOOR, system, path, below=call.flag("recurse"))
    return done("unSharePathAll", system, path)


_PLACE = "{systemId}/{path:path}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=f"files/permissions/{_PLACE}", handler=permissions),
    Route(method="POST", path=f"files/permissions/{_PLACE}", handler=grant),
    Route(method="DELETE", path=f"files/permissions/{_PLACE}", handler=revoke),
    Route(method="GET", path=f"files/share/{_PLACE}", handler=share_info),
    Route(method="POST", path=f"files/share/{_PLACE}", handler=share),
    Route(method="POST", path=f"files/unshare/{_PLACE}", handler=unshare),
    Route(method="POST", path=f"files/share_public/{_PLACE}", handler=share_public),
    Route(method="POST", path=f"files/unshare_public/{_PLACE}", handler=unshare_public),
    Route(method="POST", path=f"files/unshare_all/{_PLACE}", handler=unshare_all),
)
