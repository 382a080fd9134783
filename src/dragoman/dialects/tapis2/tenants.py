"""Which tenants there are: this one. Without it no client begins. See docs/dialects/tapis2.md#boot."""

from typing import Any

from dragoman.core.errors import NotFound
from dragoman.dialects.tapis2.door import Call, Route
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.ids import Thing, known_as
from dragoman.dialects.tapis2.links import links


async def listing(call: Call) -> Answer:
    """All tenants."""
    return Answer(result=[_tenant(call)])


async def find(call: Call) -> Answer:
    """The tenant."""
    if call.param("code") != call.tenant:
        raise NotFound(f"There is no tenant {call.param('code')} here, only {call.tenant}.")
    return Answer(result=_tenant(call))


def _tenant(call: Call) -> dict[str, Any]:
    contact = {"name": "The operator of this service", "email": "dragoman@localhost", "url": ""}
    return {
        "id": known_as(Thing.TENANT, call.tenant),
        "name": call.tenant.upper(),
        "baseUrl": f"{call.base}/",
        "code": call.tenant,
        "contact": [{**contact, "type": "admin", "primary": True}],
        "_links": links(call.base, self=f"tenants/{call.tenant}"),
    }


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="tenants", handler=listing, open=True),
    Route(method="GET", path="tenants/{code}", handler=find, open=True),
)
