"""Lists as everybody asks for them: search, order, paging and select, in one grammar for all things with attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Denied, Invalid
from dragoman.core.listing import Listing, arrange, read_listing, read_select
from dragoman.core.registered import Scope
from dragoman.core.search import EVERYTHING, Kind, Query, holds
from dragoman.core.search_sql import read_sql
from dragoman.core.search_words import read_parameters, read_search
from dragoman.dialects.tapis3.door import Call
from dragoman.dialects.tapis3.envelope import answer, list_metadata

SUMMARY, ALL = "summaryAttributes", "allAttributes"
NO_CONDITIONS = frozenset(
    {
        *("pretty", "select", "search", "orderby", "limit", "skip", "startafter", "computetotal", "listtype"),
        *("showdeleted", "hascredentials", "impersonationid", "resourcetenant"),
    }
)
"""Parameters of a query that are no conditions, in small letters."""
FOR_SERVICES = ("impersonationId", "sharedAppCtx", "resourceTenant")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Things of one kind: what each attribute is, which a list shows, and which are always there."""

    kinds: Mapping[str, Kind]
    summary: Sequence[str]
    always: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A list as it is asked for."""

    listing: Listing
    select: Sequence[str]
    total: bool
    order_by: str
    start_after: str
    query: Query


def read_asked(call: Call, table: Table, query: Query | None = None) -> Asked:
    """What a request asks of a list; without a query of its own, that of ``search=``. Raises Invalid."""
    order_by, start_after = call.query("orderBy"), call.query("startAfter")
    listing = read_listing(
        limit=call.number("limit", Listing().limit),
        skip=call.number("skip", 0),
        order=order_by,
        start_after=start_after,
        kinds=table.kinds,
    )
    return Asked(
        listing=listing,
        select=wanted(call, table, SUMMARY),
        total=call.flag("computeTotal"),
        order_by=order_by,
        start_after=start_after,
        query=read_search(call.query("search"), table.kinds) if query is None else query,
    )


def wanted(call: Call, table: Table, usual: str) -> list[str]:
    """The attributes that a request selects. Raises Invalid."""
    return read_select(call.query("select") or usual, table.kinds, summary=table.summary, always=table.always)


def query_in_address(call: Call, table: Table) -> Query:
    """The conditions that stand as parameters: ``attr.op=value``. Raises Invalid."""
    given = call.request.query_params.multi_items()
    return read_parameters([one for one in given if one[0].lower() not in NO_CONDITIONS], table.kinds)


async def query_in_body(call: Call, table: Table) -> Query:
    """The conditions of a body ``{"search": ["…", "…"]}``. Raises Invalid."""
    fragments = texts_in(await call.json(), "search")
    return read_sql(fragments, table.kinds) if fragments else EVERYTHING


def texts_in(body: Mapping[str, Any], key: str) -> list[str]:
    """The list of texts under a key. Raises Invalid."""
    value = body.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Invalid.field(key, why="A list of texts is needed here.")
    return value


def answer_list(asked: Asked, rows: Sequence[Row], table: Table, message: str) -> Response:
    """The wanted part of the rows that fit, with what is said about a list."""
    found = [row for row in rows if holds(asked.query, row)]
    return answer_part(asked, arrange(found, asked.listing, table.kinds), message, len(found) if asked.total else -1)


def answer_part(asked: Asked, rows: Sequence[Row], message: str, total: int) -> Response:
    """The rows, which are the wanted part of a list, with what is said about it."""
    metadata = list_metadata(
        len(rows),
        limit=asked.listing.limit,
        skip=asked.listing.skip,
        order_by=asked.order_by or None,
        start_after=asked.start_after or None,
        total=total,
    )
    return answer([chosen(row, asked.select) for row in rows], message, metadata=metadata)


def chosen(row: Row, select: Sequence[str]) -> dict[str, Any]:
    """The attributes that are wanted."""
    return {key: row[key] for key in select}


def scope_in(call: Call) -> Scope:
    """Which things a list shows. Raises Invalid."""
    word = call.query("listType") or Scope.OWNED
    try:
        return Scope(word.lower())
    except ValueError:
        known = ", ".join(scope.upper() for scope in Scope)
        raise Invalid.field("listType", why=f'There is no "{word}". There is: {known}.') from None


def refuse_services(call: Call) -> None:
    """Raise Denied when something is asked that only services of the foreign platform may ask."""
    for name in FOR_SERVICES:
        if call.query(name) and not (name == "resourceTenant" and call.query(name) == call.tenant):
            raise Denied(f"Only services may use {name}.")
    if call.flag("returnCredentials"):
        raise Denied("Only services get credentials.")
