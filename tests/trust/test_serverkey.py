"""The service's own key: made once, kept, and guarded."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dragoman.core.errors import Conflict, Unavailable
from dragoman.trust.serverkey import server_key


def test_server_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """The second start finds the key of the first, and nothing else is left behind."""
    key = server_key(str(tmp_path))
    assert len(key) == 32
    assert key == server_key(str(tmp_path))
    assert os.listdir(tmp_path) == ["server.key"]
    assert (tmp_path / "server.key").stat().st_mode & 0o777 == 0o600


def test_server_key_is_one_for_processes_that_start_together(tmp_path: Path) -> None:
    """Whoever is first makes it; the others read that one."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(server_key, [str(tmp_path)] * 32))
    assert len(keys) == 1
    assert os.listdir(tmp_path) == ["server.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_server_key_is_refused_when_others_may_read_it(tmp_path: Path, mode: int) -> None:
    """The message says how to mend it."""
    server_key(str(tmp_path))
    (tmp_path / "server.key").chmod(mode)
    with pytest.raises(Conflict, match="chmod 600"):
        server_key(str(tmp_path))


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_server_key_is_refused_when_it_is_none(tmp_path: Path, content: bytes) -> None:
    """A cut file is told, not used, and not replaced behind the operator's back."""
    (tmp_path / "server.key").write_bytes(content)
    (tmp_path / "server.key").chmod(0o600)
    with pytest.raises(Conflict, match="is no key"):
        server_key(str(tmp_path))
    assert content == (tmp_path / "server.key").read_bytes()


def test_server_key_does_not_follow_a_link(tmp_path: Path) -> None:
    """A link in its place is refused, whether it leads anywhere or not."""
    (tmp_path / "server.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unavailable):
        server_key(str(tmp_path))
    assert not (tmp_path / "elsewhere").exists()
