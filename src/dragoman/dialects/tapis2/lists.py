"""Lists as everybody asks for them: search, order, paging, whole objects when their fields are picked."""

from collections.abc import Sequence
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.things import Page
from dragoman.dialects.tapis2.door import Call
from dragoman.dialects.tapis2.envelope import Answer
from dragoman.dialects.tapis2.searching import Fields, Row, holds, read_conditions

_LINKS = "_links"


def listed(call: Call, rows: Sequence[Row], *, fields: Fields, summary: Sequence[str], links: Sequence[str]) -> Answer:
    """The part that is asked for of the rows that fit: whole objects where fields are picked, else summaries."""
    found = arranged(call, searched(call, rows, fields), fields)
    return shown(call, cut(found, call.page), summary=summary, links=links)


def shown(call: Call, rows: Sequence[Row], *, summary: Sequence[str], links: Sequence[str]) -> Answer:
    """Rows as a list shows them."""
    if call.query("filter"):
        return Answer(result=list(rows))
    return Answer(result=[_summary(row, summary, links) for row in rows])


def searched(call: Call, rows: Sequence[Row], fields: Fields) -> list[Row]:
    """The rows that meet the conditions of the address. Raises Invalid."""
    conditions, now = read_conditions(call.conditions, fields), call.desk.hosted_jobs.now
    return [row for row in rows if all(holds(one, row, fields, now) for one in conditions)]


def arranged(call: Call, rows: Sequence[Row], fields: Fields) -> list[Row]:
    """The rows in the order that is asked for; those without a value come last. Raises Invalid."""
    name, falls = order_of(call, fields)
    if not name:
        return list(rows)
    valued = [(value_of(row, name), row) for row in rows]
    with_value = sorted((one for one in valued if one[0] is not None), key=lambda one: one[0], reverse=falls)
    return [row for _, row in with_value] + [row for value, row in valued if value is None]


def order_of(call: Call, fields: Fields) -> tuple[str, bool]:
    """The field to sort by, if one is asked for, and whether the largest comes first. Raises Invalid."""
    name = (call.query("orderBy") or call.query("sortBy")).lower()
    falls = (call.query("order") or call.query("sort")).upper() == "DESC"
    name = fields.aliases.get(name, name)
    if name and name not in fields.known:
        raise Invalid.field("orderBy", why=f"There is no field {name}. There is: {', '.join(sorted(fields.known))}.")
    return name, falls


def value_of(row: Row, name: str) -> Any:
    """What a row is sorted by."""
    value = next((value for key, value in row.items() if key.lower() == name), None)
    return value if isinstance(value, str | int | float | None) else str(value)


def cut(rows: Sequence[Row], page: Page) -> Sequence[Row]:
    """A page of rows."""
    return rows[page.offset :][: page.limit]


def _summary(row: Row, summary: Sequence[str], links: Sequence[str]) -> dict[str, Any]:
    return {
        **{key: row.get(key) for key in summary},
        _LINKS: {key: row[_LINKS][key] for key in links if key in row[_LINKS]},
    }
