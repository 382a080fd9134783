"""What the store finds of Tapis v2's apps is what that door finds by itself, on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, update

from dragoman.core.listing import Listing
from dragoman.core.registered import AppView, Kind, Scope
from dragoman.core.search import AllOf
from dragoman.core.sources import Wanted
from dragoman.core.things import Identity, Verb
from dragoman.desk import app_rows
from dragoman.dialects.tapis2.app_lists import FIELDS
from dragoman.dialects.tapis2.app_sources import KINDS, MAYBE, SORTED, SOURCES
from dragoman.dialects.tapis2.door import DOOR
from dragoman.dialects.tapis2.lists import value_of
from dragoman.dialects.tapis2.read_app import read_app
from dragoman.dialects.tapis2.searching import holds, read_conditions
from dragoman.dialects.tapis2.told import told_plainly
from dragoman.dialects.tapis2.write_app import write_app
from dragoman.store import apps, grants, tables
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account
from tests.tapis2.apps import CLASSIFY

NOW = T0 + 3_600 * SECOND
WHO = ("ann", "bob", "eve", "boss")
GIVEN = (None, Verb.READ, Verb.CHANGE, Verb.RUN, Verb.SHARE)
ASKED = (
    *((f"name.{op}", text) for op in ("eq", "neq", "like", "nlike", "gt", "in") for text in ("app-3", "*1*", "APP-1")),
    *((f"label.{op}", text) for op in ("eq", "neq", "like", "nlike", "nin") for text in ("blue", "b*", "", "red,blue")),
    *((f"ispublic.{op}", text) for op in ("eq", "neq") for text in ("true", "False")),
    *((f"available.{op}", text) for op in ("eq", "neq") for text in ("true", "0")),
    *((f"created.{op}", "2023-11-14T22:13:23.000Z") for op in ("lt", "lte", "gt", "gte", "eq", "on")),
    ("lastModified.after", "2023-11-14T22:13:25.000Z"),
    ("public", "true"),
    ("owner", "bob"),
    ("uuid", "u3-005"),
    ("uuid.like", "*-005"),
    ("owner.neq", "bob"),
    ("id.rlike", "app-[12]"),
    ("tags", "even"),
    ("tags.neq", "even"),
    ("executionSystem.like", "sys*"),
    ("defaultQueue", "q"),
    ("defaultNodeCount.gte", "2"),
    ("revision", "1"),
    ("inputs.id", "x"),
)


def fill(conn: Connection) -> dict[str, Identity]:
    """Apps of all sorts, of other doors, and deleted ones; who may see some of them."""
    known = {name: Identity(account=add_account(conn, name)) for name in WHO}
    conn.execute(update(tables.account).where(tables.account.c.name == "boss").values(is_admin=True))
    known["boss"] = Identity(account=replace(known["boss"].account, is_admin=True))
    for number in range(40):
        at = T0 + number * 200_333
        ref = _add(conn, number, known[WHO[number % 2]].account.id, at)
        given = GIVEN[number % 5]
        if given:
            grants.give(conn, kind=Kind.APP, ref=ref, account_id=known["eve"].account.id, verb=given, at=T0)
        if number % 7 == 0:
            grants.give(conn, kind=Kind.APP, ref=ref, account_id=None, verb=Verb.SHARE, at=T0)
    return known


def _add(conn: Connection, number: int, owner_id: int, at: int) -> int:
    sent: dict[str, Any] = {**CLASSIFY, "name": f"app-{number % 20}", "version": f"1.{number // 20}"}
    sent |= {"label": ("blue", "red", "Blue", "b_*", None)[number % 5], "tags": ["even"] if number % 2 == 0 else []}
    sent |= {"executionSystem": f"sys{number % 3}", "defaultQueue": "q" if number % 4 else None}
    sent |= {"parallelism": "PARALLEL", "defaultNodeCount": number % 4 or None}
    draft = read_app(sent, uuid=f"u{number}")
    assert not draft.faults
    door = "other" if number % 13 == 12 else DOOR
    row: dict[str, Any] = {"version": draft.version, "owner_id": owner_id, "uuid": draft.uuid, "at": at}
    apps.add_version(conn, name=draft.name, facets={door: dict(draft.facet)}, enabled=number % 6 > 0, **row)
    if number % 11 == 10:
        apps.change_versions(conn, draft.name, {"deleted_at": at}, at=at)
    return int(apps.list_versions(conn, draft.name)[0].id)


def shown(views: Sequence[AppView]) -> list[dict[str, Any]]:
    return [write_app(one, door=DOOR, base="http://h") for one in views]


def everything(conn: Connection, who: Identity) -> list[dict[str, Any]]:
    return shown(app_rows.list_apps(conn, who, DOOR, Scope.ALL, every=False, deleted=False))


def found(conn: Connection, who: Identity, wanted: Wanted) -> tuple[list[str], bool]:
    views, is_part = app_rows.search(conn, who, DOOR, wanted, may_cut=True)
    return [one["id"] for one in shown(views)], is_part


def test_conditions_mean_the_same_in_the_database(db: AnyDb) -> None:
    """For who owns some, who may see some, and an admin; what cannot be told exactly is left to the door."""

    def work(conn: Connection) -> None:
        known, parts = fill(conn), 0
        for name, text in ASKED:
            (condition,) = read_conditions([(name, text)], FIELDS)
            told = told_plainly(condition, KINDS, maybe=MAYBE, now=NOW)
            query = AllOf(parts=(told.query,) if told else ())
            wanted = Wanted(
                sources=SOURCES, kinds=KINDS, query=query, listing=Listing(limit=99, order=(("id", False),))
            )
            for who in known.values():
                right = [one["id"] for one in everything(conn, who) if holds(condition, one, FIELDS, NOW)]
                ids, is_part = found(conn, who, wanted)
                assert right == ids if told and is_part else set(right) <= set(ids), (name, text, who.account.name)
                parts += bool(told and is_part)
        assert parts > 100

    db.write_now(work)


@pytest.mark.parametrize("falls", [False, True])
def test_orders_are_the_same_in_the_database(db: AnyDb, *, falls: bool) -> None:
    def work(conn: Connection) -> None:
        known = fill(conn)
        for name in sorted(SORTED):
            listing = Listing(limit=7, skip=5, order=((name, falls),))
            for who in known.values():
                rows = sorted(everything(conn, who), key=lambda row: value_of(row, name), reverse=falls)
                ids, is_part = found(conn, who, Wanted(sources=SOURCES, kinds=KINDS, listing=listing))
                assert is_part
                assert [one["id"] for one in rows][5:12] == ids, (name, who.account.name)

    db.write_now(work)
