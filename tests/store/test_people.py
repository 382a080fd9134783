"""What people say of themselves, and who of them works on a node; on both databases."""

from sqlalchemy import Connection

from dragoman.core.things import AccountProfile, Verb
from dragoman.store import accounts, grants, nodes, people
from tests.store.conftest import AnyDb
from tests.store.things import T0


def add(conn: Connection, name: str) -> int:
    email = f"{name}@example.com"
    return accounts.add_account(conn, name=name, email=email, password_hash="h", is_admin=False, at=T0).id


def test_what_somebody_says_is_kept_by_field(db: AnyDb) -> None:
    """Nothing at first; then what was said last of each field, and of nobody else."""

    def work(conn: Connection) -> list[AccountProfile]:
        add(conn, "ada")
        add(conn, "bob")
        first = people.change_profile(conn, "ada", {})
        people.change_profile(conn, "ada", {"bio": "rain", "department": "d"})
        people.change_profile(conn, "ada", {"department": ""})
        return [first, people.find_person(conn, "ada").profile, people.find_person(conn, "bob").profile]

    assert [AccountProfile(), AccountProfile(bio="rain"), AccountProfile()] == db.write_now(work)


def test_who_works_on_a_node(db: AnyDb) -> None:
    """By name; those who may do something else there, or this elsewhere, are not among them."""

    def work(conn: Connection) -> list[str]:
        ids = {name: add(conn, name) for name in ("carl", "bob", "ada", "dan")}
        here, there = (
            nodes.add_node(conn, vsn=vsn, name="n", manifest={}, key_digest=vsn, at=T0).id for vsn in ("W1", "W2")
        )
        given = (("carl", here, Verb.CHANGE), ("ada", here, Verb.CHANGE), ("bob", here, Verb.READ))
        for name, node, verb in (*given, ("dan", there, Verb.CHANGE)):
            grants.give(conn, kind=nodes.KIND, ref=node, account_id=ids[name], verb=verb.value, at=T0)
        return [one.account.name for one in people.people_of_node(conn, here, Verb.CHANGE)]

    assert ["ada", "carl"] == db.write_now(work)


def test_an_account_has_one_own_token(db: AnyDb) -> None:
    """Who comes later is told the nonce of the first; one that is lost is replaced, and others are left alone."""

    def work(conn: Connection) -> list[str]:
        ada = add(conn, "ada")
        accounts.add_token(conn, account_id=ada, digest="other", label="own", at=T0)
        put = accounts.put_own_token
        return [
            put(conn, ada, nonce="1", digest="one", lost="", at=T0),
            put(conn, ada, nonce="2", digest="two", lost="", at=T0),
            put(conn, ada, nonce="3", digest="three", lost="one", at=T0),
            accounts.drop_own_token(conn, ada) or "",
            ", ".join(accounts.labels(conn, ada)),
        ]

    assert ["1", "1", "3", "three", "own"] == db.write_now(work)
