"""The bare runtime's argument lists, to the word."""

from pathlib import Path

import pytest

from dragoman.core.job import Step
from dragoman.runtimes.bare import Bare, Confinement, find_bubblewrap
from dragoman.runtimes.bubblewrap import Surroundings, inner, look_around, outer, own_places

HERE = Surroundings(
    hidden_folders=("/srv/data",), hidden_files=("/etc/shadow",), devices=("/dev/dri",), resolver="/run/resolv.conf"
)


def test_an_unconfined_step_is_bash_with_a_login() -> None:
    """A command runs under bash with the variables a login would have set."""
    step = Bare(None).step(Step(command="echo hi"), "/runs/1", {"USER": "me", "LOGNAME": "me", "X": "y"})
    assert ("/bin/bash", "-c", "echo hi") == step.argv
    assert {
        "HOME": "/runs/1/home",
        "PWD": "/runs/1/home/work",
        "USER": "me",
        "LOGNAME": "me",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "TMPDIR": "/runs/1/tmp",
        "X": "y",
    } == step.environment


def test_the_given_variables_win_over_the_login_but_not_over_the_home() -> None:
    """PATH, LANG and TMPDIR are only defaults; HOME and PWD are facts."""
    given = {"PATH": "/opt/bin", "LANG": "de_DE.UTF-8", "TMPDIR": "/scratch", "HOME": "/root", "PWD": "/"}
    environment = Bare(None).step(Step(command="true", environment={"A": "1", "B": "1"}), "/r", {**given, "B": "2"})
    wanted = {**given, "A": "1", "B": "2", "HOME": "/r/home", "PWD": "/r/home/work"}
    assert wanted == {name: environment.environment[name] for name in wanted}


def test_the_system_is_read_only_and_hidden_places_are_covered() -> None:
    """The options that every run on a host shares."""
    words = (
        "--ro-bind / / --dev /dev --dev-bind-try /dev/dri /dev/dri --proc /proc "
        "--ro-bind /proc/sys /proc/sys --tmpfs /run "
        "--ro-bind-try /run/resolv.conf /run/resolv.conf --tmpfs /srv/data --ro-bind /dev/null /etc/shadow"
    )
    assert words.split() == outer(HERE)


def test_a_run_sees_its_own_places_last() -> None:
    """A run's own /tmp, what is shown of the hidden places, and its home, in this order."""
    words = (
        "--bind /srv/data/runs/1/tmp /tmp --bind /srv/data/runs/1/tmp /var/tmp "
        "--ro-bind-try /srv/data/catalog /srv/data/catalog "
        "--bind /srv/data/runs/1/home /srv/data/runs/1/home --chdir /srv/data/runs/1/home/work"
    )
    assert words.split() == own_places("/srv/data/runs/1", ("/srv/data/catalog",))


def test_a_confined_step_is_the_sum_of_its_options() -> None:
    """The path of bubblewrap, all options, and the command behind two dashes."""
    bare = Bare(Confinement(program="/opt/bwrap", show=("/opt",)))
    step = bare.step(Step(command="echo 'a  b'"), "/runs/1", {})
    options = [*outer(look_around(())), *own_places("/runs/1", ("/opt",)), *inner()]
    assert ("/opt/bwrap", *options, "--", "/bin/bash", "-c", "echo 'a  b'") == step.argv
    assert ("/tmp", "echo 'a  b'") == (step.environment["TMPDIR"], step.command)


@pytest.mark.parametrize("name", ["LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBC_TUNABLES", "GCONV_PATH"])
def test_variables_of_the_loader_are_set_inside_only(name: str) -> None:
    """A variable that could change bubblewrap itself, outside, never reaches it."""
    step = Bare(Confinement()).step(Step(command="true"), "/runs/1", {name: "/evil", "OTHER": "kept"})
    at = step.argv.index("--setenv")
    assert ("--setenv", name, "/evil", "--") == step.argv[at : at + 4]
    assert (False, "kept") == (name in step.environment, step.environment["OTHER"])


def test_other_variables_stay_off_the_command_line() -> None:
    """Values of variables may be secret, and everybody on a host can read command lines."""
    step = Bare(Confinement()).step(Step(command="true"), "/runs/1", {"API_KEY": "hush"})
    assert ([], "hush") == ([word for word in step.argv if "hush" in word], step.environment["API_KEY"])


def test_only_what_must_be_covered_is(tmp_path: Path) -> None:
    """Links are resolved, and what lies inside another hidden place needs no cover of its own."""
    here = look_around(("/etc", "/etc/ssl", "/etc/passwd", str(tmp_path), "/bin/sh", "/no/such/place"))
    assert (("/etc",), True) == (here.hidden_folders, "/etc/passwd" not in here.hidden_files)
    assert str(Path("/bin/sh").resolve()) in here.hidden_files


def test_a_missing_bubblewrap_says_so() -> None:
    """The probe names the reason when it finds none that works."""
    missing, wrong = find_bubblewrap("/no/bwrap"), find_bubblewrap("/bin/false")
    assert (None, "There is no /no/bwrap.") == (missing.program, missing.reason)
    assert (None, "/bin/false exits with code 1.") == (wrong.program, wrong.reason)
