"""The handlers of scheduler profiles. See docs/dialects/tapis3.md#systems."""

from typing import Any

from starlette.responses import Response

from dragoman.core.registered import Profile
from dragoman.dialects.tapis3.door import Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.job_fields import Each, Faults, Shape, line, one_of, read_shape, text, texts
from dragoman.dialects.tapis3.system_fields import ID
from dragoman.dialects.tapis3.times import iso
from dragoman.dialects.tapis3.variables import CALLER, filled

_MODULES = Shape(
    fields={"moduleLoadCommand": line(1, 4_096), "modulesToLoad": texts(line(1, 256))}, required=("moduleLoadCommand",)
)
_POST = Shape(
    fields={
        "name": text(1, 80, lines=False, form=ID),
        "description": text(0, 2_048),
        "owner": line(1, 60),
        "moduleLoads": Each(shape=_MODULES),
        "hiddenOptions": texts(one_of("MEM", "PARTITION")),
    },
    required=("name",),
    tolerated=frozenset({"tenant", "uuid", "created", "updated"}),
)


async def listing(call: Call) -> Response:
    """All profiles."""
    found = await call.desk.profiles.list()
    return answer([write_profile(one, call.tenant) for one in found], f"TAPIS_FOUND Profiles: {len(found)}.")


async def find(call: Call) -> Response:
    """One profile."""
    found = await call.desk.profiles.find(call.param("name"))
    return answer(write_profile(found, call.tenant), f"TAPIS_FOUND Profile {found.name} found.")


async def create(call: Call) -> Response:
    """Add a profile."""
    faults = Faults()
    given = read_shape(await call.json(), _POST, (), faults)
    faults.tell()
    name, owner = given["name"], filled(given.get("owner", ""), {CALLER: call.who.account.name})
    loads = [{"modulesToLoad": [], **one} for one in given.get("moduleLoads", ())]
    spec = {"moduleLoads": loads, "hiddenOptions": given.get("hiddenOptions", [])}
    description = given.get("description", "")
    await call.desk.profiles.create(call.who, name, description=description, owner=owner, spec=spec)
    url = f"{call.origin}/v3/systems/schedulerProfile/{name}"
    return answer({"url": url}, f"SYSAPI_PRF_CREATED Profile {name} created.", status=201)


async def remove(call: Call) -> Response:
    """Delete a profile."""
    count = await call.desk.profiles.remove(call.who, call.param("name"))
    return answer({"changes": count}, f"SYSAPI_PRF_DELETED Profile {call.param('name')} deleted.")


def write_profile(profile: Profile, tenant: str) -> dict[str, Any]:
    """A profile as this door shows it."""
    return {
        "tenant": tenant,
        "name": profile.name,
        "description": profile.description or None,
        "owner": profile.owner,
        "moduleLoads": profile.spec.get("moduleLoads", []),
        "hiddenOptions": profile.spec.get("hiddenOptions", []),
        "created": iso(profile.created_at),
    }


_ALL, _ONE = "systems/schedulerProfile", "systems/schedulerProfile/{name}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=_ALL, handler=listing),
    Route(method="POST", path=_ALL, handler=create),
    Route(method="GET", path=_ONE, handler=find),
    Route(method="DELETE", path=_ONE, handler=remove),
)
