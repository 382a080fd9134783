"""Whether containers can be made inside a confinement is found out by trying."""

import os
import pwd
import subprocess
import tempfile

import pytest

from dragoman.runtimes.bare import Bare
from dragoman.runtimes.singularity import find_singularity, variables
from tests.bubblewrap import confinement
from tests.hosts.apptainer import MISSING, PROGRAM, has_apptainer
from tests.hosts.images import make_image


@pytest.fixture
def bare() -> Bare:
    return Bare(confinement(()))


def test_never_outside_of_a_confinement() -> None:
    """There it could mount the service's own data."""
    found = find_singularity(Bare(None), "/bin/true")
    assert (None, True) == (found.program, "not confined" in found.reason)


def test_none_is_wanted(bare: Bare) -> None:
    """The setting is named."""
    found = find_singularity(bare, "none")
    assert (None, True) == (found.program, "local.singularity" in found.reason)


def test_none_is_there(bare: Bare) -> None:
    """What was looked for is named."""
    found = find_singularity(bare, "/no/such/apptainer")
    assert (None, "There is no /no/such/apptainer.") == (found.program, found.reason)


@pytest.mark.slow
def test_one_that_does_not_work(bare: Bare) -> None:
    """What it says is told."""
    found = find_singularity(bare, "/bin/false")
    assert (None, True) == (found.program, "/bin/false does not work in a confinement" in found.reason)


@pytest.mark.slow
@pytest.mark.skipif(not has_apptainer(), reason=MISSING)
def test_one_that_works(bare: Bare) -> None:
    """Its version is told."""
    found = find_singularity(bare, PROGRAM)
    assert (PROGRAM, "") == (found.program, found.reason)
    assert found.version.startswith("apptainer version ")
    assert found.own_processes is (os.geteuid() != 0)


@pytest.mark.slow
@pytest.mark.skipif(not has_apptainer(), reason=MISSING)
@pytest.mark.skipif(os.geteuid() != 0, reason="takes the place of another account")
def test_containers_of_whoever_is_not_root_get_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """They see none but those, and set nothing of the kernel's: with every option that wants a /proc."""
    nobody = pwd.getpwnam("nobody")
    monkeypatch.setattr(os, "geteuid", lambda: nobody.pw_uid)
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        make_image(f"{home}/image", 'exec "$@"')
        subprocess.run(["chown", "-R", f"{nobody.pw_uid}:{nobody.pw_gid}", home], check=True)
        bare = Bare(confinement(()))
        for option in ("--pid", "--containall", "--compat"):
            text = "ls -d /proc/[0-9]*; cat /proc/1/cmdline; echo x > /proc/sys/kernel/hostname || echo kept"
            run = (PROGRAM, "exec", option, f"{home}/image", "/bin/busybox", "sh", "-c", text)
            argv = bare.around(run, home=home, work=home, nesting=True)
            told = subprocess.run(
                ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", *argv),
                env={**bare.person(home, "eve"), **variables(home)},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            assert "/proc/1\n" in told
            assert "bwrap" not in told
            assert told.endswith("kept\n")


@pytest.mark.slow
def test_inside_nobody_is_root_of_the_host(bare: Bare) -> None:
    """A namespace of root's own id could be given all of its rights again."""
    argv = bare.around(("/bin/sh", "-c", "id -u"), home=os.getcwd(), work=os.getcwd(), nesting=True)
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert told.strip() == ("65534" if os.geteuid() == 0 else str(os.geteuid()))


def test_both_names_are_told_the_same() -> None:
    """The old one reads the one, the new one both."""
    told = variables("/home/x")
    assert told["APPTAINER_HOME"] == told["SINGULARITY_HOME"] == "/home/x"
    assert {name.removeprefix("APPTAINER_") for name in told if name.startswith("A")} == {
        name.removeprefix("SINGULARITY_") for name in told if name.startswith("S")
    }
