"""Accounts and tokens from the command line: what is made, what is shown, and what is refused."""

import json
import os
import re
import sqlite3
from pathlib import Path

import pytest

from dragoman.cli.token import period
from dragoman.core.errors import Invalid
from dragoman.core.things import Identity
from dragoman.host.clock import HostClock
from dragoman.store import accounts
from dragoman.store.sqlite import SqliteDb
from dragoman.trust.passwords import verify_password
from dragoman.trust.tokens import digest
from tests.cli.conftest import Dragoman

ADA = ("account", "add", "ada", "--email", "ada@example.com", "--password", "secret")
JSON = ("--output", "json")
HOUR = 3_600_000_000


def owner(data: Path, secret: str, *, later: int = 0) -> str | None:
    """Whose token this is after so many microseconds."""
    db = SqliteDb(str(data / "dragoman.db"))
    try:
        found: Identity | None = db.write_now(accounts.identify, digest=digest(secret), at=HostClock().now() + later)
    finally:
        db.close()
    return None if found is None else found.account.name


def names(data: Path) -> list[str]:
    with sqlite3.connect(data / "dragoman.db") as conn:
        return [row[0] for row in conn.execute("SELECT name FROM account ORDER BY id")]


def test_an_account_is_added_with_its_first_token(dragoman: Dragoman, tmp_path: Path) -> None:
    """The result is JSON alone; the token is good, and of it and the password only digests are kept."""
    (tmp_path / "data").mkdir()
    told = dragoman(*ADA, *JSON)
    assert (0, "") == (told.code, told.err)
    made = json.loads(told.out)
    assert {"name": "ada", "email": "ada@example.com", "token": made["token"]} == made
    assert re.fullmatch("[0-9a-f]{40}", made["token"])
    assert "ada" == owner(tmp_path / "data", made["token"])
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file())
    assert made["token"].encode() not in stored
    with sqlite3.connect(tmp_path / "data" / "dragoman.db") as conn:
        ((kept, admin),) = conn.execute("SELECT password_hash, is_admin FROM account").fetchall()
    assert verify_password("secret", kept)
    assert not admin


def test_a_table_is_for_people(dragoman: Dragoman, tmp_path: Path) -> None:
    """The names of the columns, and below them the same values."""
    added = dragoman(*ADA)
    heads, values = (line.split() for line in added.out.splitlines())
    assert (["name", "email", "token"], ["ada", "ada@example.com"]) == (heads, values[:2])
    assert "ada" == owner(tmp_path / "data", values[2])
    more = dragoman("token", "add", "ada", "--label", "laptop")
    heads, values = (line.split() for line in more.out.splitlines())
    assert (["name", "label", "token"], ["ada", "laptop"]) == (heads, values[:2])
    assert "ada" == owner(tmp_path / "data", values[2])


def test_a_missing_data_directory_is_made(dragoman: Dragoman, tmp_path: Path) -> None:
    """With its parents, for its owner alone; the database in it too. Whoever mistyped its name is told."""
    data = tmp_path / "new" / "place"
    told = dragoman(*ADA, "--data", str(data))
    assert (0, f"dragoman: {data} is a new data directory: start the service with it.\n") == (told.code, told.err)
    assert 0o700 == data.stat().st_mode & 0o777
    assert 0o600 == (data / "dragoman.db").stat().st_mode & 0o777
    assert ["new"] == os.listdir(tmp_path)


def test_nobody_is_added_twice(dragoman: Dragoman, tmp_path: Path) -> None:
    """Neither the name nor the address, in whatever letters; the account that is there is named and stays."""
    dragoman(*ADA)
    for name, email in (("ada", "b@example.com"), ("Ada", "b@example.com"), ("bob", "ADA@example.com")):
        told = dragoman("account", "add", name, "--email", email, "--password", "x")
        assert (1, "") == (told.code, told.out)
        why = f"An account named {name} or with the address {email} is there already."
        assert f"dragoman: {why} `dragoman account change` gives it another password or address.\n" == told.err
    assert ["ada"] == names(tmp_path / "data")


REFUSED = {
    "a blank": (("account", "add", "a b", "--email", "a@b.c", "--password", "x"), "name: Use letters, digits"),
    "no name": (("account", "add", "", "--email", "a@b.c", "--password", "x"), "name: Use letters"),
    "a path": (("account", "add", "a/../b", "--email", "a@b.c", "--password", "x"), "name: Use letters"),
    "a line": (("account", "add", "ada\n", "--email", "a@b.c", "--password", "x"), "name: Use letters"),
    "a letter of elsewhere": (("account", "add", "ädä", "--email", "a@b.c", "--password", "x"), "name: Use letters"),
    "a long name": (("account", "add", "a" * 65, "--email", "a@b.c", "--password", "x"), "at most 64"),
    "no address": (("account", "add", "ada", "--email", "nope", "--password", "x"), "email: nope is no e-mail address"),
    "two ats": (("account", "add", "ada", "--email", "a@b@c", "--password", "x"), "email: a@b@c is no e-mail address"),
    "an empty address": (("account", "add", "ada", "--email", "", "--password", "x"), "email: "),
    "an empty password": (("account", "add", "ada", "--email", "a@b.c", "--password", ""), "password: "),
    "a period without a unit": (("token", "add", "ada", "--expires", "30"), "expires: 30 is no period. Write a number"),
    "an unknown unit": (("token", "add", "ada", "--expires", "3y"), "such as 30d"),
    "a negative period": (("token", "add", "ada", "--expires=-3d"), "expires: -3d is no period"),
    "no period": (("token", "add", "ada", "--expires", ""), "expires:  is no period"),
    "beyond all measure": (("token", "add", "ada", "--expires", "9999999999w"), "expires: 9999999999w is too long"),
    "half a day": (("token", "add", "ada", "--expires", "0.5d"), "expires: 0.5d is no period"),
    "a bad port": (("serve", "--port", "65536"), "server.port: (command line) must be a whole number from 0 to 65535"),
}


@pytest.mark.parametrize(("words", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused(dragoman: Dragoman, tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    """It is told what is wrong and what would be right, on the error output; nothing is made."""
    told = dragoman(*words)
    assert (1, "") == (told.code, told.out)
    assert told.err.startswith("dragoman: ")
    assert why in told.err
    assert 1 == told.err.count("\n")
    assert [] == os.listdir(tmp_path)


def test_an_account_gets_more_tokens(dragoman: Dragoman, tmp_path: Path) -> None:
    """Each is another one, and all of them are good."""
    first = json.loads(dragoman(*ADA, *JSON).out)["token"]
    told = dragoman("token", "add", "ada", "--label", "laptop", *JSON)
    assert (0, "") == (told.code, told.err)
    made = json.loads(told.out)
    assert {"name": "ada", "label": "laptop", "token": made["token"]} == made
    assert made["token"] != first
    assert ["ada", "ada"] == [owner(tmp_path / "data", secret) for secret in (first, made["token"])]


def test_nobody_gets_no_token(dragoman: Dragoman) -> None:
    """The account is named that is not there."""
    dragoman(*ADA)
    told = dragoman("token", "add", "nobody")
    assert (1, "", "dragoman: There is no account nobody.\n") == (told.code, told.out, told.err)


def test_a_token_ends_after_its_period(dragoman: Dragoman, tmp_path: Path) -> None:
    """Until then it is good; without a period it never ends."""
    never = json.loads(dragoman(*ADA, *JSON).out)["token"]
    hour = json.loads(dragoman("token", "add", "ada", "--expires", "1h", *JSON).out)["token"]
    data = tmp_path / "data"
    assert ["ada", "ada"] == [owner(data, secret, later=HOUR - 60_000_000) for secret in (hour, never)]
    assert [None, "ada"] == [owner(data, secret, later=HOUR) for secret in (hour, never)]


def test_tokens_are_taken_back_by_their_label(dragoman: Dragoman, tmp_path: Path) -> None:
    """Those with it are worth nothing, others live on; a label that there is not is told with those that there are."""
    first = json.loads(dragoman(*ADA, *JSON).out)["token"]
    lent = [json.loads(dragoman("token", "add", "ada", "--label", "lent", *JSON).out)["token"] for _ in range(2)]
    told = dragoman("token", "remove", "ada", "--label", "lent", *JSON)
    assert {"name": "ada", "label": "lent", "removed": 2} == json.loads(told.out)
    assert ["ada", None, None] == [owner(tmp_path / "data", secret) for secret in (first, *lent)]
    again = dragoman("token", "remove", "ada", "--label", "lent")
    assert (1, "dragoman: ada has no token with the label 'lent'. There are: 'first'.\n") == (again.code, again.err)


def listed(dragoman: Dragoman) -> list[dict[str, object]]:
    """Who may log in."""
    found: list[dict[str, object]] = json.loads(dragoman("account", "list", *JSON).out)
    return found


def test_an_account_is_changed(dragoman: Dragoman, tmp_path: Path) -> None:
    """What is named, and nothing else; tokens stay good. An address is one account's, in whatever letters."""
    first = json.loads(dragoman(*ADA, *JSON).out)["token"]
    dragoman("account", "add", "bob", "--email", "bob@example.com", "--password", "x")
    told = dragoman("account", "change", "ada", "--admin", "--email", "A@example.com", *JSON)
    assert (0, {"name": "ada", "email": "A@example.com", "admin": True}) == (told.code, json.loads(told.out))
    told = dragoman("account", "change", "ada", "--password", "other", "--no-admin", *JSON)
    assert {"name": "ada", "email": "A@example.com", "admin": False} == json.loads(told.out)
    with sqlite3.connect(tmp_path / "data" / "dragoman.db") as conn:
        ((kept,),) = conn.execute("SELECT password_hash FROM account WHERE name = 'ada'").fetchall()
    assert (True, False) == (verify_password("other", kept), verify_password("secret", kept))
    assert "ada" == owner(tmp_path / "data", first)
    taken = dragoman("account", "change", "ada", "--email", "BOB@example.com")
    assert (1, "dragoman: An account with the address BOB@example.com is there already.\n") == (taken.code, taken.err)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("change", "ada"), "Say what is to change: --email, --password, --admin or --no-admin."),
        (("change", "ada", "--email", "nope"), "email: nope is no e-mail address."),
        (("change", "ada", "--password", ""), "password: "),
        (("change", "nobody", "--admin"), "There is no account nobody."),
        (("close", "nobody"), "There is no account nobody."),
    ],
)
def test_a_change_that_cannot_be_is_refused(dragoman: Dragoman, words: tuple[str, ...], why: str) -> None:
    """It is told what is wrong, and nothing changes."""
    dragoman(*ADA)
    before = listed(dragoman)
    told = dragoman("account", *words)
    assert (1, "", 1) == (told.code, told.out, told.err.count("\n"))
    assert why in told.err
    assert before == listed(dragoman)


def test_a_closed_account_is_closed_for_good(dragoman: Dragoman, tmp_path: Path) -> None:
    """Its tokens are worth nothing, it gets no other, and its name is nobody else's. Others are as they were."""
    first = json.loads(dragoman(*ADA, *JSON).out)["token"]
    more = json.loads(dragoman("token", "add", "ada", *JSON).out)["token"]
    bobs = json.loads(dragoman("account", "add", "bob", "--email", "b@c.d", "--password", "x", *JSON).out)["token"]
    told = json.loads(dragoman("account", "close", "ada", *JSON).out)
    assert {"name": "ada", "tokens": 2, "triggers": 0, "stopped": 0, "going_on": 0} == told
    assert [None, None, "bob"] == [owner(tmp_path / "data", secret) for secret in (first, more, bobs)]
    assert ["bob"] == [one["name"] for one in listed(dragoman)]
    for words in (("token", "add"), ("account", "change", "--password", "x")):
        again = dragoman(*words[:2], "ada", *words[2:])
        assert (1, "") == (again.code, again.out)
        assert "Nobody logs in as ada: the account was closed" in again.err
    assert 1 == dragoman(*ADA).code


@pytest.mark.parametrize(
    ("text", "seconds"), [("0s", 0), ("90s", 90), ("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)]
)
def test_a_period_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    """Seconds, minutes, hours, days or weeks."""
    assert seconds * 1_000_000 == period(text)


@pytest.mark.parametrize("text", ["", "d", "5", "5D", "5 d", "5d ", "5d5h", "five days", "5d\n", "+5d", "\u0663d"])
def test_a_period_is_nothing_else(text: str) -> None:
    """And so nothing is guessed."""
    with pytest.raises(Invalid, match="is no period"):
        period(text)
