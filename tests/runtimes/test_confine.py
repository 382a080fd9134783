"""What is hidden from confined runs on this host."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from dragoman.config import Settings
from dragoman.config.settings import Local
from dragoman.runtimes.confine import hidden


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
