"""Lists: search in three forms, order, paging, select, and what is said about a list; no service behind it."""

from typing import Any
from urllib.parse import quote

import pytest
from starlette.responses import Response

from dragoman.core.search import Kind
from dragoman.dialects.tapis3.door import Call, Route
from dragoman.dialects.tapis3.queries import (
    Table,
    answer_list,
    query_in_address,
    query_in_body,
    read_asked,
    refuse_services,
    scope_in,
)
from tests.tapis3.envelopes import checked, refused, told
from tests.tapis3.frame import send

pytestmark = pytest.mark.anyio

TABLE = Table(
    kinds={"id": Kind.TEXT, "size": Kind.NUMBER, "isOn": Kind.FLAG, "created": Kind.TIME, "tags": Kind.TEXTS},
    summary=("id", "size"),
    always=("id",),
)
ROWS = [
    {"id": "a", "size": 3, "isOn": True, "created": "2024-05-01T00:00:00.000000Z", "tags": ["x", "y"]},
    {"id": "b", "size": 1, "isOn": False, "created": "2025-05-01T00:00:00.000000Z", "tags": []},
    {"id": "c", "size": 2, "isOn": True, "created": "2026-05-01T00:00:00.000000Z", "tags": ["y"]},
]


async def listing(call: Call) -> Response:
    """Everything."""
    refuse_services(call)
    scope_in(call)
    return answer_list(read_asked(call, TABLE), ROWS, TABLE, "found")


async def search(call: Call) -> Response:
    """What fits the address."""
    return answer_list(read_asked(call, TABLE, query_in_address(call, TABLE)), ROWS, TABLE, "found")


async def search_sql(call: Call) -> Response:
    """What fits the body."""
    return answer_list(read_asked(call, TABLE, await query_in_body(call, TABLE)), ROWS, TABLE, "found")


ROUTES = (
    Route(method="GET", path="rows", handler=listing, open=True),
    Route(method="GET", path="rows/search", handler=search, open=True),
    Route(method="POST", path="rows/search", handler=search_sql, open=True),
)


async def ask(query: str, path: str = "/v3/rows") -> Any:
    return await send("GET", f"{path}?{query}", ROUTES)


async def ids(query: str, path: str = "/v3/rows") -> str:
    return "".join(row["id"] for row in told(await ask(query, path)))


async def test_a_search_stands_in_one_parameter() -> None:
    """Conditions in parentheses, joined by ``~``; encoded or not."""
    assert "ac" == await ids("search=(isOn.eq.true)")
    assert "c" == await ids(f"search={quote('(is_on.EQ.True)~(size.lt.3)', safe='')}")
    assert "b" == await ids("search=created.between.2025,2026")
    assert "a" == await ids("search=tags.contains.x,y")
    assert "abc" == await ids("")


async def test_a_search_stands_in_many_parameters() -> None:
    """Every parameter that is not one of the list's own is a condition."""
    assert "a" == await ids("isOn.eq=True&size.gte=3&limit=5&listType=ALL&pretty=false", "/v3/rows/search")
    assert "abc" == await ids("", "/v3/rows/search")
    assert "attr.op.value" in refused(await ask("size=3", "/v3/rows/search"), 400)


async def test_a_search_stands_in_a_body() -> None:
    """Fragments are joined by spaces."""
    body = {"search": ["(size = 1 AND isOn = false)", " OR (tags IN ('x'))"]}
    answer = await send("POST", "/v3/rows/search?orderBy=id(desc)", ROUTES, json=body)
    assert ["b", "a"] == [row["id"] for row in told(answer)]
    for wrong in ({}, {"search": "size = 1"}, {"search": [1]}, {"search": ["size"]}):
        refused(await send("POST", "/v3/rows/search", ROUTES, json=wrong), 400)
    assert 3 == len(told(await send("POST", "/v3/rows/search", ROUTES, json={"search": []})))


async def test_a_list_says_what_was_asked_of_it() -> None:
    """The paging is echoed; the total is counted on demand, before the paging."""
    answer = await ask("limit=1&skip=1&orderBy=size(desc)&computeTotal=TRUE")
    assert [{"id": "c", "size": 2}] == told(answer)
    assert {
        "recordCount": 1,
        "recordLimit": 1,
        "recordsSkipped": 1,
        "orderBy": "size(desc)",
        "startAfter": None,
        "totalCount": 3,
    } == checked(answer)["metadata"]
    after = checked(await ask("orderBy=size&startAfter=1"))
    assert ("1", 2, -1) == tuple(after["metadata"][key] for key in ("startAfter", "recordCount", "totalCount"))


async def test_attributes_are_selected() -> None:
    """The id is always there; booleans stay booleans."""
    assert {"id": "a", "isOn": True} == told(await ask("select=isOn"))[0]
    assert list(TABLE.kinds) == list(told(await ask("select=allAttributes"))[0])


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("limit=1&limit=2", "limit: Give this parameter at most once"),
        ("search=(id.eq.a)&search=(id.eq.b)", "search: Give this parameter"),
        ("limit=x", "limit: Write a whole number"),
        ("select=nope", 'select: There is no attribute "nope"'),
        ("orderBy=nope", 'orderBy: There is no attribute "nope"'),
        ("listType=FOO", "listType: There is no"),
        ("computeTotal=maybe", "computeTotal: Write true or false"),
        ("startAfter=a", "startAfter: It needs orderBy"),
        ("search=(size.eq.x)", "search: "),
    ],
)
async def test_what_is_wrong_is_told(query: str, word: str) -> None:
    """The message names the parameter."""
    assert word in refused(await ask(query), 400)


async def test_some_things_are_for_services() -> None:
    """Nobody speaks for somebody else."""
    for query in ("impersonationId=bob", "sharedAppCtx=bob", "resourceTenant=other", "returnCredentials=true"):
        assert "services" in refused(await ask(query), 403)
    assert "abc" == await ids("resourceTenant=solo")
