"""What is told in SQL finds, sorts and cuts out exactly what core.search and core.listing say."""

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update

from dragoman.core.job import workload_as_json
from dragoman.core.listing import Listing, arrange
from dragoman.core.patterns import Wild, read_pattern
from dragoman.core.search import EVERYTHING, AllOf, AnyOf, Condition, Kind, Op, Query, holds
from dragoman.core.sources import Source, Wanted
from dragoman.core.things import Verb, Whose
from dragoman.store import accounts, grants, hosted_jobs, tables
from dragoman.store.hosted_jobs import Found
from tests.store.conftest import AnyDb
from tests.store.things import T0, WORKLOAD, add_account, add_system

KINDS = {
    "uuid": Kind.TEXT,
    "name": Kind.TEXT,
    "status": Kind.TEXT,
    "app": Kind.TEXT,
    "nodes": Kind.NUMBER,
    "mpi": Kind.FLAG,
    "ended": Kind.TIME,
    "tags": Kind.TEXTS,
    "elsewhere": Kind.TEXT,
}
WORDS = {"RUNNING": "runs", "BLOCKED": "Waits", "FINISHED": "done"}
SOURCES = {
    "uuid": Source(column="job.alias"),
    "name": Source(column="job.name"),
    "status": Source(column="run.state", words=WORDS),
    "app": Source(column="job.notes", path=("of", "app")),
    "nodes": Source(column="job.notes", path=("of", "nodes")),
    "mpi": Source(column="job.notes", path=("of", "mpi")),
    "ended": Source(column="job.ended_at"),
    "tags": Source(column="job.notes", path=("of", "tags")),
}
NAMES = ("a", "B", "b*", "b[1]", "ä", "日本", "A%", "a_b", "x\\y", "", "aXbXc")
APPS = (None, "img", "Img", "im", "'", '"q"')
NODES = (None, 0, 1, 16, 10**17 + 1, -3)
FLAGS = (None, True, False)
TAGS: tuple[list[str], ...] = ([], ["a"], ["a", "B"], ["'"])
ENDS = (None, T0, T0 + 5)


def things(count: int = 30) -> list[dict[str, Any]]:
    """Jobs of all sorts, as their attributes."""
    return [
        {
            "uuid": f"u{number:02}",
            "name": NAMES[number % len(NAMES)],
            "status": list(WORDS.values())[number % 3],
            "app": APPS[number % len(APPS)],
            "nodes": NODES[(number * 5 + 1) % len(NODES)],
            "mpi": FLAGS[(number // 2) % 3],
            "ended": ENDS[(number // 3) % 3],
            "tags": TAGS[number % len(TAGS)],
            "elsewhere": str(number % 4),
        }
        for number in range(count)
    ]


def stock(conn: Connection, whose: Mapping[str, Any], found: list[dict[str, Any]], system_id: int) -> None:
    """Put them into the database, each changed later than the one before."""
    texts = dict.fromkeys(("outcome", "cause", "reason", "progress", "wish"), "")
    numbers = dict.fromkeys(("input_bytes", "output_bytes", "events", "runs", "runs_open"), 0)
    whole = {"letter": "{}", "workload": workload_as_json(WORKLOAD), "created_at": T0, "state": "OPEN"}
    states = {word: state for state, word in WORDS.items()}
    for place, one in enumerate(found):
        notes = {"of": {key: one[key] for key in ("app", "nodes", "mpi", "tags") if place % 7 or one[key] is not None}}
        row = {"door": "d", "alias": one["uuid"], "name": one["name"], "notes": notes, "ended_at": one["ended"]}
        values = {**row, **texts, **numbers, **whole, "updated_at": T0 + place, **whose}
        job_id = conn.execute(insert(tables.job).values(values).returning(tables.job.c.id)).scalar_one()
        run = {"job_id": job_id, "number": 1, "state": states[one["status"]], "system_id": system_id, "created_at": T0}
        empty = dict.fromkeys(("left", "cause", "reason", "queue", "token", "key_digest", "wish"), "")
        conn.execute(insert(tables.run).values(**run, **empty, handle={}, variables=[], output_count=0))


def found_by(conn: Connection, wanted: Wanted, whose: Whose = Whose.MINE, name: str = "ada") -> Found:
    """What a list of somebody's has."""
    me = accounts.find_account(conn, name=name).id
    return hosted_jobs.list_jobs_with_runs(conn, wanted, door="d", account_id=me, whose=whose, topic="T")


def fill(conn: Connection) -> list[dict[str, Any]]:
    """Ada's jobs, and one of Grace's, which nobody is to find."""
    ada, grace = add_account(conn), add_account(conn, "grace")
    system_id, all_of_them = add_system(conn, ada), things()
    stock(conn, {"owner_id": ada.id}, all_of_them, system_id)
    stock(conn, {"owner_id": grace.id}, [{**all_of_them[0], "uuid": "hers"}], system_id)
    return all_of_them


TEXTS: st.SearchStrategy[str] = st.sampled_from([*NAMES, *filter(None, APPS), *WORDS.values(), "u07", "zz"])
NUMBERS = st.sampled_from([0, 1, 16, 2.5, 10**17, 10**17 + 1, -3, 10**30])
VALUES: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: TEXTS,
    Kind.NUMBER: NUMBERS,
    Kind.FLAG: st.booleans(),
    Kind.TIME: st.sampled_from([T0 - 1, T0, T0 + 3, T0 + 5]),
}
PATTERNS = st.text(alphabet="ab*!_%[]\\Xgm?", max_size=5).map(
    lambda text: read_pattern(text, {"*": Wild.RUN, "!": Wild.ONE})
)
PLAIN = (Op.EQ, Op.NEQ, Op.GT, Op.GTE, Op.LT, Op.LTE)


@st.composite
def conditions(draw: st.DrawFn, names: tuple[str, ...] = tuple(KINDS)) -> Condition:
    """One comparison that its attribute knows."""
    name = draw(st.sampled_from(names))
    kind = KINDS[name]
    flags, many = (Op.EQ, Op.NEQ), (Op.BETWEEN, Op.NBETWEEN, *((Op.IN, Op.NIN) if kind is not Kind.TIME else ()))
    likes = (Op.LIKE, Op.NLIKE) if kind is Kind.TEXT else ()
    lists = (Op.IN, Op.NIN, Op.CONTAINS, Op.NCONTAINS)
    if kind is Kind.TEXTS:
        values = draw(st.lists(TEXTS, min_size=1, max_size=3))
        return Condition(attribute=name, op=draw(st.sampled_from(lists)), values=tuple(values), kind=kind)
    op = draw(st.sampled_from(flags if kind is Kind.FLAG else (*PLAIN, *many, *likes)))
    count = 2 if op in many else 1
    some: st.SearchStrategy[Any] = PATTERNS if op in likes else VALUES[kind]
    values = draw(st.lists(some, min_size=count, max_size=count))
    return Condition(attribute=name, op=op, values=tuple(values), kind=kind)


ROUNDED = Condition(attribute="nodes", op=Op.IN, values=(2.5, 10**17), kind=Kind.NUMBER)
"""If all were compared as floating point, it would find 10**17 + 1."""

QUERIES: st.SearchStrategy[Query] = st.recursive(
    conditions(),
    lambda inner: st.builds(
        lambda parts, all_of: AllOf(parts=tuple(parts)) if all_of else AnyOf(parts=tuple(parts)),
        st.lists(inner, max_size=3),
        st.booleans(),
    ),
    max_leaves=5,
)
ORDERS = st.lists(
    st.tuples(st.sampled_from([name for name in KINDS if name != "tags"]), st.booleans()),
    max_size=3,
    unique_by=lambda one: one[0],
)
LISTINGS = st.builds(
    lambda limit, skip, order: Listing(limit=limit, skip=skip, order=tuple(order)),
    st.sampled_from([0, 3, 100]),
    st.sampled_from([0, 2]),
    ORDERS,
)


def test_sql_says_what_python_says(db: AnyDb) -> None:
    """For any query and order: the same things in the same order, or more of them and the word that it is more."""
    known = db.write_now(fill)

    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(query=QUERIES, listing=LISTINGS)
    @example(query=ROUNDED, listing=Listing())
    def same(query: Query, listing: Listing) -> None:
        wanted = Wanted(sources=SOURCES, kinds=KINDS, query=query, listing=listing, total=True)
        found = db.write_now(found_by, wanted)
        uuids = [one.job.alias for one in found.jobs]
        fitting = [one for one in known if holds(query, one)]
        if found.is_part:
            assert len(fitting) == found.total
            assert [one["uuid"] for one in arrange(fitting, listing, KINDS)] == uuids
        else:
            assert {one["uuid"] for one in fitting} <= set(uuids)
            assert sorted(uuids) == uuids

    same()


def test_a_list_begins_after_a_value(db: AnyDb) -> None:
    """Rising and falling, with the skip and the limit of the listing."""
    known = db.write_now(fill)
    for name, value in (("name", "a"), ("nodes", 1), ("ended", T0), ("status", "runs")):
        for falling in (False, True):
            listing = Listing(limit=4, order=((name, falling), ("uuid", True)), start_after=value)
            found = db.write_now(found_by, Wanted(sources=SOURCES, kinds=KINDS, listing=listing))
            assert found.is_part
            expected = [one["uuid"] for one in arrange(known, listing, KINDS)]
            assert expected == [one.job.alias for one in found.jobs]


def equals(name: str, *values: str) -> Condition:
    return Condition(attribute=name, op=Op.IN, values=values, kind=Kind.TEXT)


def test_what_is_no_matter_of_sql_is_left_to_the_reader(db: AnyDb) -> None:
    """An attribute without a source, a pattern of many wild runs, very many values; the rest still narrows the list."""
    db.write_now(fill)
    many = Condition(attribute="name", op=Op.LIKE, values=((Wild.RUN, "a") * 3,), kind=Kind.TEXT)
    values = equals("name", *map(str, range(1000)))
    huge = Condition(attribute="nodes", op=Op.LT, values=(10**40,), kind=Kind.NUMBER)
    for other, narrows in ((equals("elsewhere", "1"), True), (many, True), (values, False), (huge, True)):
        query = AllOf(parts=(equals("uuid", "u01", "u02"), other))
        found = db.write_now(found_by, Wanted(sources=SOURCES, kinds=KINDS, query=query))
        assert not found.is_part
        assert (2 if narrows else 30) == len(found.jobs)
    by_other = Wanted(sources=SOURCES, kinds=KINDS, listing=Listing(order=(("elsewhere", False),)))
    assert not db.write_now(found_by, by_other).is_part


def test_own_jobs_come_before_shared_ones(db: AnyDb) -> None:
    """In the usual order; another order counts more. What is shared is found by its topic."""
    db.write_now(fill)

    def share(conn: Connection) -> None:
        hers = conn.execute(select(tables.job.c.id).where(tables.job.c.alias == "hers")).scalar_one()
        ada = accounts.find_account(conn, name="ada").id
        grants.give(conn, kind="job", ref=hers, account_id=ada, verb=Verb.READ, path="T", at=T0)
        conn.execute(update(tables.job).where(tables.job.c.id == hers).values(updated_at=T0 - 5, name="!"))

    db.write_now(share)
    plain = Wanted(sources=SOURCES, kinds=KINDS, query=EVERYTHING, listing=Listing(limit=0), total=True)
    assert ["hers"] == [one.job.alias for one in db.write_now(found_by, plain, Whose.SHARED).jobs]
    found = db.write_now(found_by, plain, Whose.ALL)
    assert ("hers", 31) == (found.jobs[-1].job.alias, found.total)
    by_name = Wanted(sources=SOURCES, kinds=KINDS, listing=Listing(order=(("name", False),), limit=0))
    names = [one.job.name for one in db.write_now(found_by, by_name, Whose.ALL).jobs]
    assert "!" == next(name for name in names if name)
