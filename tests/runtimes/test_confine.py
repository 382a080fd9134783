"""What is hidden from confined runs on this host."""

import os
import pwd
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.config import Settings
from dragoman.config.settings import Local
from dragoman.runtimes.confine import hidden
from dragoman.runtimes.private import homes_of_people, private_places


def test_our_data_our_home_and_our_settings_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their real places, with what the settings add; what does not exist needs no hiding."""
    for name in ("data", "home", "more"):
        (tmp_path / name).mkdir()
    (tmp_path / "dragoman.toml").touch()
    (tmp_path / "link").symlink_to(tmp_path / "more")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    settings = Settings(
        local=Local(hide=(f"{tmp_path}/link", f"{tmp_path}/none")), files=(f"{tmp_path}/dragoman.toml",)
    )
    wanted = {str(tmp_path / name) for name in ("data", "home", "more", "dragoman.toml")}
    assert wanted == {place for place in hidden(settings, f"{tmp_path}/data") if place.startswith(str(tmp_path))}
    assert os.path.realpath(os.path.expanduser("~root")) in hidden(settings, f"{tmp_path}/data")


@pytest.mark.parametrize("home", ["/", "/usr/sbin", "/dev", "/etc"])
def test_a_home_without_which_nothing_works_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    """Accounts of the system have such homes; it is not hidden, whoever else's is."""
    monkeypatch.setenv("HOME", home)
    places = hidden(replace(Settings(), local=Local()), str(tmp_path))
    assert home not in places
    assert str(tmp_path) in places


def test_homes_of_others_and_records_of_the_system_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People's homes wherever they lie; those of the accounts that programs have stay."""
    people = [("ada", 1000, tmp_path / "ada"), ("ntp", 100, tmp_path / "ntp"), ("nobody", 65534, tmp_path / "nobody")]
    for _, _, home in people:
        home.mkdir()
    book = [pwd.struct_passwd((name, "x", uid, uid, "", str(home), "/bin/sh")) for name, uid, home in people]
    monkeypatch.setattr(pwd, "getpwall", lambda: book)
    places = hidden(Settings(), str(tmp_path / "data"))
    assert {str(tmp_path / "ada")} == {place for place in places if place.startswith(str(tmp_path))}
    assert {place for place in ("/home", "/var/log", "/var/spool") if os.path.isdir(place)} <= set(places)


def test_a_directory_of_many_homes_is_hidden_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is looked at, which may be on other hosts."""
    homes = [str(tmp_path / "users" / name) for name in ("ada", "bob", "eve")]
    (tmp_path / "users" / "ada").mkdir(parents=True)
    book = [pwd.struct_passwd(("x", "x", 1000 + number, 1, "", home, "")) for number, home in enumerate(homes)]
    monkeypatch.setattr(pwd, "getpwall", lambda: book)
    assert ["/home", str(tmp_path / "users")] == list(homes_of_people())
    assert str(tmp_path / "users") in hidden(Settings(), str(tmp_path / "data"))


ME, OTHER, GROUP = 4001, 4002, 4003
MODES = [
    ("ours alone", 0o700, ME, OTHER, True, True),
    ("of our group", 0o750, OTHER, GROUP, True, True),
    ("closed to our group", 0o700, OTHER, GROUP, False, False),
    ("of somebody else", 0o700, OTHER, OTHER, False, False),
    ("everybody's to pass through", 0o711, ME, GROUP, False, True),
    ("everybody's", 0o755, ME, GROUP, False, False),
]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(("name", "mode", "uid", "gid", "folder", "file"), MODES, ids=[one[0] for one in MODES])
def test_what_nobody_else_may_see_is_found(
    tmp_path: Path, name: str, mode: int, uid: int, gid: int, folder: bool, file: bool
) -> None:
    """By owner, group and mode; what our account may not see itself needs no hiding."""
    (tmp_path / "deep").mkdir(mode=0o755)
    (tmp_path / "deep" / "folder").mkdir()
    (tmp_path / "deep" / "file").touch()
    for made in (tmp_path / "deep" / "folder", tmp_path / "deep" / "file"):
        os.chown(made, uid, gid)
        made.chmod(mode)
    found = private_places({str(tmp_path): 2}, user=ME, groups={GROUP})
    assert {"folder": folder, "file": file} == {name: f"{tmp_path}/deep/{name}" in found for name in ("folder", "file")}
    assert () == private_places({str(tmp_path): 1}, user=ME, groups={GROUP})


def test_of_a_private_directory_nothing_more_is_named(tmp_path: Path) -> None:
    """One cover is enough for all that is in it; a link is no directory."""
    (tmp_path / "mine").mkdir(mode=0o700)
    (tmp_path / "mine" / "file").touch(mode=0o600)
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    assert (str(tmp_path / "mine"),) == private_places({str(tmp_path): 3})
