"""Systems, logins, grants, apps, profiles and history in rows."""

from typing import Any

import pytest
from sqlalchemy import Connection

from dragoman.core.errors import Conflict
from dragoman.core.registered import Kind, SealedLogin
from dragoman.core.things import Account, System, Verb
from dragoman.store import accounts, apps, audit, grants, logins, profiles, systems
from tests.store.conftest import AnyDb
from tests.store.things import T0, add_account

VALUES = {"description": "", "shell": "ssh", "scheduler": "fork", "slots": 1, "facets": {"door": {}}, "uuid": "u"}


def add_system(conn: Connection, owner: Account, name: str = "sys") -> System:
    return systems.add_system(conn, name=name, owner_id=owner.id, values=VALUES, at=T0)


def test_a_name_is_given_once(db: AnyDb) -> None:
    """Also after its system was deleted."""

    def work(conn: Connection) -> None:
        ann = add_account(conn, "ann")
        system = add_system(conn, ann)
        systems.change_system(conn, system.id, {"deleted_at": T0}, at=T0 + 1)
        found = systems.find_system(conn, "sys")
        assert found is not None
        assert (T0, T0 + 1, T0) == (found.deleted_at, found.updated_at, found.created_at)
        assert [] == systems.list_systems(conn)
        assert ["sys"] == [one.name for one in systems.list_systems(conn, owner_id=ann.id, deleted=True)]

    db.write_now(work)
    with pytest.raises(Conflict):
        db.write_now(lambda conn: add_system(conn, accounts.find_account(conn, name="ann")))


def test_systems_are_listed_for_who_may_read_them(db: AnyDb) -> None:
    """Their owners, who was granted to read or change them, and with whom they are shared, everybody perhaps."""

    def work(conn: Connection) -> None:
        ann, eve = add_account(conn, "ann"), add_account(conn, "eve")
        for verb in Verb:
            system = add_system(conn, ann, f"to-{verb}")
            grants.give(conn, kind=Kind.SYSTEM, ref=system.id, account_id=eve.id, verb=verb, at=T0)
        grants.give(conn, kind=Kind.APP, ref=add_system(conn, ann, "app").id, account_id=eve.id, verb="read", at=T0)
        everybodys = add_system(conn, ann, "everybodys")
        grants.give(conn, kind=Kind.SYSTEM, ref=everybodys.id, account_id=None, verb=Verb.SHARE, at=T0)
        add_system(conn, eve, "eves")
        seen = [one.name for one in systems.list_systems(conn, reader_id=eve.id)]
        assert ["everybodys", "eves", "to-change", "to-read", "to-share"] == seen
        assert "eves" not in [one.name for one in systems.list_systems(conn, reader_id=ann.id)]
        assert len(systems.list_systems(conn)) == len(Verb) + 3

    db.write_now(work)


def test_the_login_of_a_system_goes_before_anybodys_own(db: AnyDb) -> None:
    """Each account has one login on a system; the system's own counts for all; only names outlive a deletion."""

    def work(conn: Connection) -> None:
        ann, bob = add_account(conn, "ann"), add_account(conn, "bob")
        one, two = add_system(conn, ann, "one"), add_system(conn, ann, "two")
        for login in ("a", "b"):
            own = SealedLogin(login=login, method="password", secret=login.encode())
            logins.put_login(conn, system_id=one.id, account_id=ann.id, sealed=own, at=T0)
        assert (False, own) == logins.effective_login(conn, system_id=one.id, account_id=ann.id)
        assert (False, None) == logins.effective_login(conn, system_id=one.id, account_id=bob.id)
        for_all = SealedLogin(login="svc", method="key", secret=b"s")
        for system in (one, two):
            logins.put_login(conn, system_id=system.id, account_id=None, sealed=for_all, at=T0)
        assert (True, for_all) == logins.effective_login(conn, system_id=one.id, account_id=ann.id)
        known = logins.effective_logins(conn, account_id=ann.id)
        assert {one.id: ("svc", b""), two.id: ("svc", b"")} == {
            key: (login.login, login.secret) for key, login in known.items()
        }
        logins.remove_secrets(conn, system_id=one.id)
        assert None is logins.find_login(conn, system_id=one.id, account_id=ann.id)
        bare = SealedLogin(login="svc", method="", secret=b"")
        assert bare == logins.find_login(conn, system_id=one.id, account_id=None)
        assert 1 == logins.remove_login(conn, system_id=two.id, account_id=None)
        assert 0 == logins.remove_login(conn, system_id=two.id, account_id=None)

    db.write_now(work)


def test_grants_are_given_once_also_to_everybody(db: AnyDb) -> None:
    """Giving again changes nothing; taking says how many there were."""

    def work(conn: Connection) -> None:
        ann = add_account(conn, "ann")
        key: dict[str, Any] = {"kind": "system", "ref": 7}
        for account_id in (ann.id, None):
            given = [grants.give(conn, **key, account_id=account_id, verb=Verb.SHARE, at=T0) for _ in range(2)]
            assert [True, False] == given
        grants.give(conn, **key, account_id=ann.id, verb=Verb.READ, at=T0)
        grants.give(conn, kind="system", ref=8, account_id=ann.id, verb=Verb.READ, at=T0)
        found = grants.list_grants(conn, kind="system", refs=[7, 9])
        assert [("ann", Verb.SHARE), ("", Verb.SHARE), ("ann", Verb.READ)] == [(g.name, g.verb) for g in found[7]]
        assert [] == found[9]
        assert 2 == grants.take(conn, **key, account_id=ann.id, verbs=list(Verb))
        assert 1 == grants.take(conn, **key, account_id=None, verbs=[Verb.SHARE])
        many = grants.list_grants(conn, kind="system", refs=range(1000))
        assert 1 == sum(len(one) for one in many.values())

    db.write_now(work)


def test_versions_are_kept_in_the_order_of_their_creation(db: AnyDb) -> None:
    """What is not versioned changes in all of them."""

    def work(conn: Connection) -> dict[str, Any]:
        ann, house = add_account(conn, "ann"), add_account(conn, "dragoman")
        common: dict[str, Any] = {"owner_id": ann.id, "uuid": "u", "facets": {"door": {}}, "enabled": True}
        for place, version in enumerate(("2", "10", "1")):
            apps.add_version(conn, name="app", version=version, **common, at=T0 + place)
        apps.change_versions(conn, "app", {"enabled": False}, at=T0 + 9)
        found = apps.list_versions(conn, "app")
        assert [("2", False), ("10", False), ("1", False)] == [(one.version, one.enabled) for one in found]
        apps.change_version(conn, found[1].id, facets={"door": {"x": 1}}, at=T0 + 10)
        assert [{}, {"x": 1}, {}] == [one.facets["door"] for one in apps.list_all(conn, owner_id=ann.id)]
        assert [found[0].id] == apps.first_ids(conn, ann.id)
        assert {("", "app")} == apps.names_of_others(conn, [("", "app"), ("", "other"), ("some", "app")])
        assert [] == apps.first_ids(conn, house.id)
        return common

    common = db.write_now(work)
    with pytest.raises(Conflict):
        db.write_now(apps.add_version, name="app", version="2", **common, at=T0)


def test_profiles_and_history(db: AnyDb) -> None:
    """One profile of a name; history stays in order."""

    def work(conn: Connection) -> int:
        ann = add_account(conn, "ann")
        spec = {"moduleLoads": [], "hiddenOptions": ["MEM"]}
        profiles.add_profile(conn, name="p", description="", owner_id=ann.id, spec=spec, at=T0)
        assert [("p", "ann", spec)] == [(one.name, one.owner, one.spec) for one in profiles.list_profiles(conn)]
        for word in ("create", "change"):
            audit.note(conn, kind="app", ref=1, account_id=ann.id, operation=word, detail={"a": 1}, at=T0, version="2")
        found = audit.list_history(conn, kind="app", refs=[1])
        assert [("create", "ann", "2"), ("change", "ann", "2")] == [(i.operation, i.account, i.version) for i in found]
        return ann.id

    owner_id = db.write_now(work)
    with pytest.raises(Conflict):
        db.write_now(profiles.add_profile, name="p", description="", owner_id=owner_id, spec={}, at=T0)
    assert (1, 0) == (db.write_now(profiles.remove_profile, "p"), db.write_now(profiles.remove_profile, "p"))
