"""What a confined command really cannot do, also when the service is root's."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dragoman.config import Settings
from dragoman.core.job import Step
from dragoman.runtimes.bare import Bare, Confinement
from dragoman.runtimes.confine import confinement as usual
from tests.bubblewrap import confinement


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A data directory with a secret, and one run in it."""

    data: Path
    run: Path
    bounds: Confinement

    def says(self, command: str, **environment: str) -> str:
        """What the confined command prints, errors too."""
        step = Bare(self.bounds).step(Step(command=command), str(self.run), environment)
        variables, nothing = dict(step.environment or {}), subprocess.DEVNULL
        done = subprocess.run(step.argv, env=variables, capture_output=True, text=True, check=False, stdin=nothing)
        return (done.stdout + done.stderr).strip()


@pytest.fixture(params=["/tmp", "~"])
def cell(request: pytest.FixtureRequest) -> Iterator[Cell]:
    with tempfile.TemporaryDirectory(dir=os.path.expanduser(request.param), prefix="dragoman-test-") as folder:
        data = Path(folder).resolve()
        run = data / "runs" / "1"
        for made in (run / "home" / "work", run / "tmp", data / "runs" / "2", data / "catalog"):
            made.mkdir(parents=True)
        (data / "secret").write_text("a secret")
        (data / "catalog" / "app.toml").write_text("an app")
        yield Cell(data=data, run=run, bounds=confinement((str(data),)))


def test_the_data_directory_is_invisible(cell: Cell) -> None:
    """Of the service's data nothing is seen but the run's own home."""
    assert "No such file" in cell.says(f"cat {cell.data}/secret")
    assert "1" == cell.says(f"ls {cell.data}/runs")
    assert "home" == cell.says(f"ls {cell.data}/runs/1")


def test_what_is_shown_can_be_read_only(cell: Cell) -> None:
    """A shown place inside a hidden one can be read and not written."""
    shown = replace(cell, bounds=replace(cell.bounds, show=(f"{cell.data}/catalog",)))
    assert "an app" == shown.says(f"cat {cell.data}/catalog/app.toml")
    assert "Read-only file system" in shown.says(f"touch {cell.data}/catalog/x")


def test_the_home_is_writable_and_kept(cell: Cell) -> None:
    """What a command writes below its home is there afterwards; it starts in the working directory."""
    assert "" == cell.says("echo out > result; touch ~/x")
    assert ("out\n", True) == ((cell.run / "home/work/result").read_text(), (cell.run / "home/x").exists())


@pytest.mark.parametrize("place", ["/etc", "/usr", "/", "/root", "/sys/kernel", "/opt"])
def test_the_system_cannot_be_written(cell: Cell, place: str) -> None:
    """The whole system is read-only, for root too."""
    answer = cell.says(f"touch {place}/dragoman-test")
    assert any(word in answer for word in ("Read-only file system", "Permission denied", "No such file"))


def test_the_password_hashes_cannot_be_read(cell: Cell) -> None:
    """/etc/shadow is masked."""
    assert "Permission denied" in cell.says("cat /etc/shadow")


def test_a_hidden_file_cannot_be_read(cell: Cell) -> None:
    """Single files can be hidden as well as directories."""
    hidden = replace(cell, bounds=replace(cell.bounds, hide=(*cell.bounds.hide, "/etc/hostname")))
    assert "Permission denied" in hidden.says("cat /etc/hostname")


def test_other_processes_do_not_exist(cell: Cell) -> None:
    """A command sees bubblewrap's first process and its own, and can signal no other."""
    assert ["1", "2"] == cell.says("echo /proc/[0-9]*").replace("/proc/", "").split()
    assert "No such process" in cell.says(f"kill -0 {os.getpid()}")


def test_tmp_is_the_runs_own(cell: Cell) -> None:
    """/tmp and /var/tmp are on the run's disk space and show nobody else's files."""
    with tempfile.NamedTemporaryFile(dir="/tmp") as other:
        assert "No such file" in cell.says(f"cat {other.name}")
    assert "/var/tmp/mine" == cell.says("touch /tmp/mine; ls /var/tmp/mine")
    assert (cell.run / "tmp" / "mine").exists()


def test_no_daemon_can_be_reached_through_run(cell: Cell) -> None:
    """/run holds nothing but how names are looked up."""
    assert "" == cell.says("find /run -type s")


def test_there_are_no_disks(cell: Cell) -> None:
    """Of the devices only the harmless ones exist."""
    assert "" == cell.says("find /dev -type b")


@pytest.mark.parametrize(
    "attack",
    [
        "mount -o remount,rw / && touch /etc/dragoman-test",
        "mount -t tmpfs none /etc",
        "umount -l /etc/shadow && cat /etc/shadow",
        "umount -l {data} && cat {data}/secret",
        "unshare -U -r -m sh -c 'mount -o remount,rw,bind / && touch /etc/dragoman-test'",
        "unshare -U -r -m sh -c 'umount -l {data} && cat {data}/secret'",
        "unshare -U -r -m sh -c 'umount -l /etc/shadow && cat /etc/shadow'",
        "unshare -U -r -m -p -f sh -c 'umount -l / ; cat {data}/secret'",
        "unshare -U --keep-caps -m sh -c 'umount -l {data} && cat {data}/secret'",
        "unshare -U --keep-caps -m -p -f mount -t proc none /tmp",
        "unshare -U --keep-caps -m mount -o remount,rw,bind /proc/sys",
        "mknod /tmp/disk b 254 0",
        "chroot /proc/1/root true",
        "cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern",
        "test -e /proc/sysrq-trigger && echo h > /proc/sysrq-trigger",
        "hostname dragoman-test",
        "chown 1:1 /tmp",
    ],
)
def test_there_is_no_way_out(cell: Cell, attack: str) -> None:
    """Without capabilities root's commands cannot undo their bounds, not even in a user namespace of their own."""
    marked = cell.says(f"({attack.format(data=cell.data)}) && echo got out")
    assert "got out" not in marked
    assert "a secret" not in marked
    assert not Path("/etc/dragoman-test").exists()


def test_no_capability_is_left(cell: Cell) -> None:
    """Neither now nor through a setuid program."""
    status = cell.says("cat /proc/self/status").splitlines()
    facts = dict(line.split(":\t", 1) for line in status)
    none = "0" * 16
    assert (none, none, none, "1") == tuple(facts[key] for key in ("CapPrm", "CapEff", "CapAmb", "NoNewPrivs"))


def test_loader_variables_still_reach_the_command(cell: Cell) -> None:
    """What is kept from bubblewrap is set for the command."""
    assert "/opt/lib /opt/tables" == cell.says(
        'echo "$LD_LIBRARY_PATH $GCONV_PATH"', LD_LIBRARY_PATH="/opt/lib", GCONV_PATH="/opt/tables"
    )


@pytest.fixture
def usual_cell(cell: Cell) -> Cell:
    """A cell with the bounds that runs have when nothing is set."""
    bounds = usual(Settings(), str(cell.data))
    assert bounds is not None
    return replace(cell, bounds=bounds)


def test_of_the_system_a_run_sees_what_anybody_sees(usual_cell: Cell) -> None:
    """No key of the host, also when the service is root's: nothing that its account alone may read, or enter."""
    ours = r"-user $(id -u) \( -type f ! -perm -o=r -o -type d ! -perm /o=rx \) -print"
    deep = f"find /etc /var /opt /srv -maxdepth 3 -path /var/tmp -prune -o {ours} 2> /dev/null"
    assert "over" == usual_cell.says(f"{deep}; find /* -maxdepth 0 {ours}; echo over")


@pytest.mark.parametrize("place", ["/home", "/root", "/var/log", "/var/spool", "/var/backups"])
def test_names_of_others_cannot_be_listed(usual_cell: Cell, place: str) -> None:
    """Neither who has a home here nor what was written about them; places of our own inside can be passed through."""
    if not os.path.isdir(place):
        pytest.skip(f"there is no {place} here")
    seen = usual_cell.says(f"ls -A {place}").splitlines()
    assert [] == [name for name in seen if not usual_cell.data.is_relative_to(f"{place}/{name}")]


def test_programs_work_all_the_same(usual_cell: Cell) -> None:
    """They find their libraries, tables, certificates and names of accounts and hosts."""
    assert "ok" == usual_cell.says("python3 -c 'import ssl, sqlite3, pwd; pwd.getpwuid(0); print(\"ok\")'")
    assert "127.0.0.1" in usual_cell.says("getent ahostsv4 localhost")
    assert usual_cell.says("id -un") == usual_cell.says("whoami")
