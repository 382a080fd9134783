"""The handlers of what can be chosen, and of who asks. See docs/dialects/rescale.md#information."""

from starlette.responses import Response

from dragoman.core.errors import NotFound
from dragoman.dialects.rescale.door import Call
from dragoman.dialects.rescale.errors import answer
from dragoman.dialects.rescale.pages import cut
from dragoman.dialects.rescale.write_catalogue import (
    write_analysis,
    write_core_type,
    write_price,
    write_root,
    write_user,
)


async def root(call: Call) -> Response:
    """Where the lists are."""
    return answer(write_root(call.origin, ("analyses/", "coretypes/", "files/", "jobs/", "users/me/")))


async def core_types(call: Call) -> Response:
    """The core types; only those that take jobs with ``isActive=true``."""
    found = list((await call.offers()).core_types.values())
    if call.query("isActive").lower() == "true":
        found = [one for one in found if one.is_active]
    return answer(cut(call.wanted, found, write_core_type))


async def analyses(call: Call) -> Response:
    """The analyses with their versions."""
    found = list((await call.offers()).analyses.values())
    return answer(cut(call.wanted, found, write_analysis))


async def analysis(call: Call) -> Response:
    """One analysis, by its code."""
    found = (await call.offers()).analyses.get(call.request.path_params["code"])
    if found is None:
        raise NotFound("Not found.")
    return answer(write_analysis(found))


async def prices(call: Call) -> Response:
    """What each core type costs."""
    return answer([write_price(one) for one in (await call.offers()).core_types.values()])


async def me(call: Call) -> Response:
    """The account that asks."""
    return answer(write_user(call.who.account))


async def projects(call: Call) -> Response:
    """No projects exist here."""
    return answer(cut(call.wanted, [], str))
