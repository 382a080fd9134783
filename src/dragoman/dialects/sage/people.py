"""The handlers of people: records, profiles, what they may do where, and their keys for nodes.

See docs/dialects/sage.md#accounts.
"""

from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Denied, NotFound
from dragoman.core.manifests import VSN
from dragoman.core.things import AccountProfile, Person
from dragoman.dialects.sage.door import Call
from dragoman.dialects.sage.errors import EVERYWHERE, compact
from dragoman.dialects.sage.gojson import moment
from dragoman.dialects.sage.read_profile import read_profile, without_comments


async def users(call: Call) -> Response:
    """Everybody, for admins."""
    return compact([_record(call, one) for one in await call.desk.people.list(call.who)])


async def user(call: Call) -> Response:
    """Oneself; admins see anybody."""
    return compact(_record(call, await call.desk.people.find(call.who, _name(call))))


def _name(call: Call) -> str:
    """Whose path it is. Raises Denied for somebody else's, whether there is such a person or not."""
    name, own = call.param("name"), call.who.account
    if name in {"~self", own.name}:
        return own.name
    if not own.is_admin:
        raise Denied("Only admins see others.")
    if not name.isprintable():
        raise NotFound("Not found.")
    return name


def _record(call: Call, person: Person) -> dict[str, Any]:
    account = person.account
    return {
        "url": f"{call.origin}/users/{account.name}",
        "username": account.name,
        "email": account.email,
        "name": account.name,
        "is_staff": account.is_admin,
        "is_superuser": account.is_admin,
        "is_approved": True,
        "ssh_public_keys": person.profile.ssh_public_keys,
        "date_joined": moment(person.joined_at),
        "last_login": None,
    }


async def profile(call: Call) -> Response:
    """What somebody says of themselves."""
    name = _name(call)
    return _said(name, (await call.desk.people.find(call.who, name)).profile)


async def change_profile(call: Call) -> Response:
    """Say something else of oneself; what the body leaves out stays, whatever the method."""
    name = _name(call)
    changes = read_profile(await call.body())
    return _said(name, await call.desk.people.change_profile(call.who, name, changes))


def _said(name: str, said: AccountProfile) -> Response:
    return compact(
        {
            "username": name,
            "organization": said.organization,
            "department": said.department,
            "bio": said.bio,
            "ssh_public_keys": said.ssh_public_keys,
        }
    )


async def access(call: Call) -> Response:
    """What one may do on which node."""
    found = await call.desk.nodes.access(call.who, _name(call))
    return compact([{"vsn": vsn, "access": words} for vsn, words in sorted(found.items())])


async def own_projects(call: Call) -> Response:
    """No project, for there are none here; and the nodes that are open to somebody all the same."""
    found = await call.desk.nodes.access(call.who, _name(call))
    return compact({"projects": [], "vsns": sorted(found), "access": dict(sorted(found.items()))})


async def projects(_: Call) -> Response:
    """None: nodes are opened to people without."""
    return compact([])


async def node_users(call: Call) -> Response:
    """Who may work on a node itself, with their keys."""
    return compact(
        [
            {"user": one.account.name, "ssh_public_keys": without_comments(one.profile.ssh_public_keys)}
            for one in await _developers(call)
        ]
    )


async def authorized_keys(call: Call) -> Response:
    """The keys that open a node, a line each; of one person, if the query names one."""
    wanted = call.query("user")
    lines = [
        line
        for one in await _developers(call)
        if not wanted or one.account.name == wanted
        for line in one.profile.ssh_public_keys.splitlines()
    ]
    text = "\n".join(dict.fromkeys(lines))
    return Response(text.encode(), 200, {**EVERYWHERE, "Content-Type": "text/plain"})


async def _developers(call: Call) -> list[Person]:
    if VSN.fullmatch(call.param("vsn")) is None:
        raise NotFound("Not found.")
    return await call.desk.people.developers(call.param("vsn"))
