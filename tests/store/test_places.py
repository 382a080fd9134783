"""Systems as places, links to paths and transfers, on both databases."""

from dataclasses import replace

from sqlalchemy import Connection

from dragoman.core.postits import UNLIMITED
from dragoman.core.standing import Held
from dragoman.core.things import Page, Verb
from dragoman.core.transfers import Element, Tally, Transfer, TransferState
from dragoman.core.work import Claim
from dragoman.store import grants, places, postits, queue, transfer_moves, transfers
from dragoman.store.transfer_moves import Ended
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account, add_system

LEASE = 10 * SECOND


def settle(conn: Connection) -> tuple[int, int, int]:
    """A system of ada's; her id, bob's, and the system's."""
    ada, bob = add_account(conn), add_account(conn, "bob")
    return ada.id, bob.id, add_system(conn, ada)


def held(conn: Connection, path: str) -> set[tuple[str, str]]:
    """What bob holds on a path of the system."""
    system, bob = places.find_place(conn, "local"), places.accounts_named(conn, ["bob", "nobody"])["bob"]
    assert system is not None
    return {(one.verb, one.path) for one in places.standing(conn, system, path, bob).held}


def test_what_counts_for_a_path(db: AnyDb) -> None:
    """What is held on it and above, and on the system; by name and with everybody; not what others hold."""
    ada, bob, system = db.write_now(settle)
    given: list[tuple[str, str, int | None, Verb]] = [
        ("path", "/a", bob, Verb.READ),
        ("path", "/a/b/c", bob, Verb.CHANGE),
        ("path", "/ab", bob, Verb.CHANGE),
        ("path", "/", None, Verb.SHARE),
        ("path", "/a", ada, Verb.CHANGE),
        ("system", "", bob, Verb.RUN),
    ]
    for kind, path, who, verb in given:
        db.write_now(grants.give, kind=kind, ref=system, account_id=who, verb=verb, path=path, at=T0)
    assert {("read", "/a"), ("share", "/"), ("run", "")} == db.write_now(held, "/a/b")
    assert {("share", "/"), ("run", "")} == db.write_now(held, "/")
    assert Held(kind="path", verb="read", path="/a") == Held(kind="path", verb=Verb.READ, path="/a")


def test_paths_with_odd_names_are_kept_as_they_are(db: AnyDb) -> None:
    """Bytes that are no text, line breaks, and what looks like an encoded one."""
    _, bob, system = db.write_now(settle)
    odd = ("/\udcff\udcfe", "/a\nb/\x1b", "/%FF", "/ä/\udcc3")
    for path in odd:
        db.write_now(grants.give, kind="path", ref=system, account_id=bob, verb=Verb.READ, path=path, at=T0)
    for path in odd:
        assert {("read", path)} == db.write_now(held, f"{path}/below")
    assert set() == db.write_now(held, "/\udcff")
    assert odd == tuple(one.path for one in db.write_now(grants.list_grants, kind="path", refs=[system])[system])


def test_shares_end_where_they_lie(db: AnyDb) -> None:
    """Those of a path, or those of all that lies in it too."""
    _, bob, system = db.write_now(settle)
    for path in ("/a", "/a/b", "/ab"):
        for who in (bob, None):
            db.write_now(grants.give, kind="path", ref=system, account_id=who, verb=Verb.SHARE, path=path, at=T0)

    def left(path: str) -> list[tuple[str, str | None]]:
        return db.write_now(places.list_shares, system_id=system, path=path)

    assert [("/a", "bob"), ("/a", None), ("/a/b", "bob"), ("/a/b", None)] == left("/a/b/c")
    db.write_now(places.remove_shares, system_id=system, path="/a", below=False)
    assert [("/a/b", "bob"), ("/a/b", None)] == left("/a/b/c")
    db.write_now(places.remove_shares, system_id=system, path="/a", below=True)
    assert ([], 2) == (left("/a/b/c"), len(left("/ab")))


def test_a_link_is_used_as_often_as_it_may_be(db: AnyDb) -> None:
    """And not after its time."""
    ada, _, system = db.write_now(settle)
    same = {"system_id": system, "path": "/f", "owner_id": ada, "at": T0}
    link = db.write_now(postits.add_postit, alias="a", uses=2, expires_at=T0 + 9, **same)  # type: ignore[arg-type]
    assert ("local", "ada", 0) == (link.system, link.owner, link.times_used)
    assert [True, True, False] == [db.write_now(postits.use_postit, link.id, at=T0) for _ in range(3)]
    db.write_now(postits.change_postit, link.id, uses=UNLIMITED, expires_at=None, at=T0 + 1)
    assert [True, False] == [db.write_now(postits.use_postit, link.id, at=at) for at in (T0 + 8, T0 + 9)]
    found = db.write_now(postits.find_postit, "a")
    assert replace(link, times_used=3, allowed_uses=UNLIMITED, updated_at=T0 + 1) == found
    assert (
        [found] == db.write_now(postits.list_postits, owner_id=ada) == db.write_now(postits.list_postits, owner_id=None)
    )
    assert [1, 0] == [db.write_now(postits.remove_postit, link.id) for _ in range(2)]


def ask(conn: Connection, owner: int, *targets: str, at: int = T0) -> Transfer:
    """A transfer of one file to each of these."""
    elements = [Element(source="//local/f", target=f"//local/{target}") for target in targets]
    return transfers.add_transfer(conn, owner_id=owner, tag="t", elements=elements, at=at)


def take(db: AnyDb, *, at: int, most: int = 9) -> list[Claim]:
    """What can be claimed now."""
    return list(db.write_now(queue.claim, owner="w", at=at, lease=LEASE, most=most).claims)


def test_a_transfer_from_the_first_step_to_the_last(db: AnyDb) -> None:
    """All its moves, and how far it has come after each."""
    ada, _, _ = db.write_now(settle)
    asked = db.write_now(ask, ada, "x")
    (claim,) = take(db, at=T0)
    (element,) = db.write_now(transfers.list_elements, asked.id)
    found = [{"source": "//local/f", "target": "//local/x", "is_directory": False, "total_bytes": 5}]
    assert db.write_now(transfer_moves.stage, claim, [(element, found)], [], at=T0 + 1)
    for state in (TransferState.STAGED, TransferState.IN_PROGRESS):
        assert db.write_now(transfer_moves.move_transfer, claim, asked, state, at=T0 + 2)
    (file,) = db.write_now(transfers.list_files, asked.id, unfinished=True)
    assert db.write_now(transfer_moves.note_progress, claim, {file.id: (3, 5)}, at=T0 + 3)
    assert {element.id: Tally(bytes=5, moved=3, files=1)} == db.write_now(transfers.tallies, asked.id)
    assert db.write_now(transfer_moves.note_retry, claim, file, message="down", at=T0 + 4)
    ended = [
        Ended(part=file, state=TransferState.COMPLETED, moved=6, since=T0),
        Ended(part=element, state=TransferState.COMPLETED, since=T0),
    ]
    assert db.write_now(transfer_moves.finish_parts, claim, ended, at=T0 + 5)
    assert db.write_now(transfer_moves.note_progress, claim, {file.id: (1, 5)}, at=T0 + 6)
    assert {element.id: Tally(bytes=6, moved=6, files=1, finished=1)} == db.write_now(transfers.tallies, asked.id)
    assert "" == db.write_now(transfer_moves.look, claim, asked.id)
    done = TransferState.COMPLETED
    assert db.write_now(transfer_moves.end_transfer, claim, asked, done, message="", at=T0 + 7)
    found_ = db.write_now(transfers.get_transfer, asked.id)
    assert replace(asked, state=done, started_at=T0 + 2, ended_at=T0 + 7) == found_
    (file,) = db.write_now(transfers.list_files, asked.id)
    assert (done, 1, T0 + 3, T0 + 5) == (file.state, file.retries, file.started_at, file.ended_at)
    assert [] == take(db, at=T0 + 100 * LEASE)


def test_who_has_lost_a_transfer_writes_nothing(db: AnyDb) -> None:
    """Not even its end."""
    ada, _, _ = db.write_now(settle)
    asked = db.write_now(ask, ada, "x")
    (old,) = take(db, at=T0)
    take(db, at=T0 + 2 * LEASE)
    (element,) = db.write_now(transfers.list_elements, asked.id)
    ended = [Ended(part=element, state=TransferState.FAILED, since=T0)]
    failed = TransferState.FAILED
    assert not db.write_now(transfer_moves.stage, old, [(element, [])], ended, at=T0)
    assert not db.write_now(transfer_moves.move_transfer, old, asked, failed, at=T0)
    assert not db.write_now(transfer_moves.note_progress, old, {element.id: (1, 1)}, at=T0)
    assert not db.write_now(transfer_moves.note_retry, old, element, message="", at=T0)
    assert not db.write_now(transfer_moves.finish_parts, old, ended, at=T0)
    assert not db.write_now(transfer_moves.end_transfer, old, asked, failed, message="", at=T0)
    assert None is db.write_now(transfer_moves.look, old, asked.id)
    assert asked == db.write_now(transfers.get_transfer, asked.id)
    assert [element] == db.write_now(transfers.list_elements, asked.id)


def test_a_transfer_that_waits_is_woken_by_one_that_ends(db: AnyDb) -> None:
    """Of whoever has the fewest in hand, the oldest."""
    ada, bob, _ = db.write_now(settle)
    asked = [db.write_now(ask, owner, "x", at=T0 + number) for number, owner in enumerate([ada, ada, ada, bob])]
    claims = {claim.ref: claim for claim in take(db, at=T0 + 10)}
    for waiting in asked[2:]:
        later = T0 + 60 * SECOND
        db.write_now(transfer_moves.park, claims[waiting.id], waiting.id, until=later, at=T0 + 11)
    assert [] == take(db, at=T0 + 12)
    for first, woken in ((asked[0], asked[3]), (asked[1], asked[2])):
        done = TransferState.COMPLETED
        assert db.write_now(transfer_moves.end_transfer, claims[first.id], first, done, message="", at=T0 + 13)
        assert [woken.id] == [claim.ref for claim in take(db, at=T0 + 14)]


def test_a_transfer_whose_end_is_wished_does_not_wait(db: AnyDb) -> None:
    """Whether the wish comes before or after it was put aside."""
    ada, _, _ = db.write_now(settle)
    for number in range(2):
        asked = db.write_now(ask, ada, "x")
        (claim,) = take(db, at=T0)
        if number:
            db.write_now(transfers.wish_end, asked.id, at=T0 + 1)
        db.write_now(transfer_moves.park, claim, asked.id, until=T0 + LEASE, at=T0 + 1)
        if not number:
            db.write_now(transfers.wish_end, asked.id, at=T0 + 1)
        (again,) = take(db, at=T0 + 2)
        assert transfers.STOP == db.write_now(transfer_moves.look, again, asked.id)
        stopped = TransferState.CANCELLED
        assert db.write_now(transfer_moves.end_transfer, again, asked, stopped, message="", at=T0 + 3)
        assert [stopped] == [part.state for part in db.write_now(transfers.list_elements, asked.id)]


def test_transfers_are_listed_newest_first(db: AnyDb) -> None:
    """One's own, by pages."""
    ada, bob, _ = db.write_now(settle)
    asked = [db.write_now(ask, ada, "x") for _ in range(3)]
    db.write_now(ask, bob, "x")
    found = db.write_now(transfers.list_transfers, owner_id=ada, page=Page(limit=2, offset=1))
    assert [asked[1], asked[0]] == found
    assert asked[0] == db.write_now(transfers.find_transfer, asked[0].alias)
