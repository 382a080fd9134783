"""The handlers of transfers: copies between systems, done in the background."""

from starlette.responses import Response

from dragoman.core.errors import Denied
from dragoman.core.transfers import TransferView
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.envelope import answer
from dragoman.dialects.tapis3.read_file import MOST, read_page
from dragoman.dialects.tapis3.read_transfer import read_id, read_transfer
from dragoman.dialects.tapis3.write_transfer import write_transfer


def _id(call: Call) -> str:
    if call.query("impersonationId") not in {"", call.who.account.name}:
        raise Denied("Only services may act for somebody else.")
    return read_id(call.param("transferTaskId"))


def _told(call: Call, view: TransferView, what: str, *, tallied: bool = False, details: bool = False) -> Response:
    shown = write_transfer(view, user=call.who.account.name, tenant=call.tenant, tallied=tallied, details=details)
    return answer(shown, f"FAPI_TRANSFER_{what} transfer: {view.transfer.alias}", metadata={})


async def create(call: Call) -> Response:
    """Have files copied."""
    tag, elements = read_transfer(await call.json())
    return _told(call, await call.desk.transfers.start(call.who, DOOR, tag=tag, elements=elements), "CREATED")


async def recent(call: Call) -> Response:
    """The caller's own transfers, newest first."""
    page = read_page(call.number("limit", MOST), call.number("offset", 0))
    found = await call.desk.transfers.list(call.who, page)
    shown = [write_transfer(view, user=call.who.account.name, tenant=call.tenant) for view in found]
    return answer(shown, f"FAPI_TRANSFERS_FOUND {len(found)} transfers", metadata={})


async def find(call: Call) -> Response:
    """How a transfer stands."""
    tallied = call.flag("includeSummary")
    return _told(call, await call.desk.transfers.find(call.who, _id(call)), "FOUND", tallied=tallied)


async def details(call: Call) -> Response:
    """How a transfer and each of its files stand."""
    view = await call.desk.transfers.find(call.who, _id(call), details=True)
    return _told(call, view, "FOUND", tallied=True, details=True)


async def cancel(call: Call) -> Response:
    """End a transfer."""
    alias = _id(call)
    await call.desk.transfers.cancel(call.who, alias)
    return answer(None, f"FAPI_TRANSFER_CANCELLED transfer: {alias}", metadata={})


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="files/transfers", handler=recent),
    Route(method="POST", path="files/transfers", handler=create),
    Route(method="GET", path="files/transfers/{transferTaskId}", handler=find),
    Route(method="DELETE", path="files/transfers/{transferTaskId}", handler=cancel),
    Route(method="GET", path="files/transfers/{transferTaskId}/details", handler=details),
)
