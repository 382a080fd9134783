"""The data directory: how it is made, whose it is, and on which file systems it is refused."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dragoman.core.errors import Conflict, Unavailable
from dragoman.host.datadir import NETWORK, file_system, lock, prepare
from tests.bubblewrap import confinement

HOLD = """
import subprocess, sys
from dragoman.host.datadir import lock
lock(sys.argv[1])
child = subprocess.Popen(["sleep", "60"], close_fds=False)
print(child.pid, flush=True)
child.wait()
"""

TELL = """
import sys
from dragoman.core.errors import Problem
from dragoman.host.datadir import file_system, prepare
for path in sys.argv[1:]:
    print(file_system(path))
try:
    print(prepare(sys.argv[-1]))
except Problem as problem:
    print(problem.kind, problem)
"""


def told_inside(options: Sequence[str], *paths: Path) -> list[str]:
    """What TELL prints about these paths, with mounts of its own (options of bubblewrap)."""
    argv = [
        str(confinement(()).program),
        "--dev-bind",
        "/",
        "/",
        *options,
        sys.executable,
        "-c",
        TELL,
        *map(str, paths),
    ]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True).stdout.splitlines()


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """With its parts and its parents; what is in it already stays."""
    data = tmp_path / "new" / "data"
    assert str(data) == prepare(str(data))
    assert ["blobs", "catalog", "homes", "runs"] == sorted(os.listdir(data))
    assert {0o700} == {path.stat().st_mode & 0o777 for path in (data, *data.iterdir())}
    (data / "blobs" / "kept").write_text("kept")
    assert str(data) == prepare(str(data))
    assert "kept" == (data / "blobs" / "kept").read_text()


def test_its_real_path_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whatever way it is named, there is one name for it."""
    data = tmp_path / "data"
    prepare(str(data))
    (tmp_path / "link").symlink_to(data)
    monkeypatch.chdir(tmp_path)
    assert {str(data)} == {prepare(name) for name in ("data", "./data/", "link", "link/../data")}


@pytest.mark.parametrize("name", ["a file", "a file/data", "/proc/data"])
def test_what_cannot_be_made_is_told(tmp_path: Path, name: str) -> None:
    """The message names the directory, the reason, and what to do."""
    (tmp_path / "a file").write_text("")
    with pytest.raises(Unavailable, match=rf"The data directory .*{name} cannot be made: \w.*--data"):
        prepare(os.path.join(tmp_path, name))


def test_a_file_system_is_named_as_the_kernel_does() -> None:
    """The one that holds the path, which need not be a mount point."""
    assert ("proc", "proc", "sysfs") == (file_system("/proc"), file_system("/proc/self/fd"), file_system("/sys/kernel"))


def test_the_nearest_mount_counts(tmp_path: Path) -> None:
    """No letter in its name is an obstacle, and a name that only begins alike is another place."""
    near, alike = tmp_path / "a\\b \u00e4\x85\tb", tmp_path / "a\\b \u00e4\x85\tbc"
    below = near / "data"
    for path in (near, alike):
        path.mkdir()
    told = told_inside(["--tmpfs", str(near), "--dir", str(below)], near, below, alike, tmp_path)
    kind = file_system(str(tmp_path))
    assert ["tmpfs", "tmpfs", kind, kind, str(tmp_path)] == told


@pytest.mark.parametrize("kind", sorted(NETWORK))
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    """No such server is at hand, so the kernel's table is replaced by one that tells of a mount."""
    share, here = tmp_path / "share", f"999 1 0:99 / {tmp_path}/share rw - {kind} server:/export rw\n"
    share.mkdir()
    (tmp_path / "mountinfo").write_text(Path("/proc/self/mountinfo").read_text() + here)
    told = told_inside(["--bind", str(tmp_path / "mountinfo"), "/proc/self/mountinfo"], tmp_path, share)
    assert [file_system(str(tmp_path)), kind] == told[:2]
    assert f"invalid data: {share} lies on a network file system ({kind})" in told[2]
    assert "Choose a local disk." in told[2]


def test_it_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    """A second one is told who has it and what to do, until the first lets go of its descriptor."""
    first = lock(str(tmp_path))
    with pytest.raises(Conflict) as caught:
        lock(str(tmp_path))
    assert f"(process {os.getpid()}) already works on {tmp_path}" in str(caught.value)
    assert "choose another --data directory" in str(caught.value)
    os.close(first)
    os.close(lock(str(tmp_path)))


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    """SIGKILL is enough, though a child of the process lives on; nothing is to be cleared away by hand."""
    argv = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        with pytest.raises(Conflict, match=f"process {holder.pid}"):
            lock(str(tmp_path))
        holder.kill()
        holder.wait()
        os.kill(child, 0)
        os.close(lock(str(tmp_path)))
        os.kill(child, 9)
