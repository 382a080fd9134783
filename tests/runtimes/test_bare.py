"""The bare runtime's argument lists, to the word."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from dragoman.core.job import Step
from dragoman.core.launch import LaunchStep
from dragoman.runtimes.bare import Bare, Confinement, find_bubblewrap
from dragoman.runtimes.bubblewrap import Cover, Surroundings, covering, inner, look_around, outer, own_home, own_tmp

COVERS = (Cover("file", "/etc/shadow"), Cover("folder", "/srv/data"), Cover("shown", "/srv/data/catalog"))
HERE = Surroundings(covers=COVERS, devices=("/dev/dri",), resolver="/run/resolv.conf")


def variables(step: LaunchStep) -> Mapping[str, str]:
    """All that a step gets; none is left to its login."""
    assert step.environment is not None
    return step.environment


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
    step = Bare(None).step(Step(command="true", environment={"A": "1", "B": "1"}), "/r", {**given, "B": "2"})
    wanted = {**given, "A": "1", "B": "2", "HOME": "/r/home", "PWD": "/r/home/work"}
    assert wanted == {name: variables(step)[name] for name in wanted}


def test_the_system_is_read_only() -> None:
    """The options that every run on a host shares; root's runs get no hold of the kernel's variables."""
    words = (
        "--ro-bind / / --dev /dev --dev-bind-try /dev/dri /dev/dri --proc /proc "
        "--ro-bind /proc/sys /proc/sys --tmpfs /run --ro-bind-try /run/resolv.conf /run/resolv.conf"
    )
    assert words.split() == outer(HERE, 0)
    assert words.replace("--ro-bind /proc/sys /proc/sys ", "").split() == outer(HERE, 1000)


def test_hidden_places_are_covered_and_what_is_shown_of_them_is_not() -> None:
    """Directories look empty, files cannot be read, and inner places lie over outer ones."""
    words = "--ro-bind /dev/null /etc/shadow --tmpfs /srv/data --ro-bind-try /srv/data/catalog /srv/data/catalog"
    assert words.split() == covering(HERE)


def test_a_run_sees_its_own_places() -> None:
    """A /tmp of its own and its home."""
    assert ["--bind", "/srv/runs/1/tmp", "/tmp", "--bind", "/srv/runs/1/tmp", "/var/tmp"] == own_tmp("/srv/runs/1")
    assert ["--bind", "/srv/home", "/srv/home", "--chdir", "/srv/home/work"] == own_home("/srv/home", "/srv/home/work")


def test_a_confined_step_is_the_sum_of_its_options(tmp_path: Path) -> None:
    """The path of bubblewrap, all options, and the command behind two dashes.

    What is shown may lie below /tmp, and the home may lie in what is hidden: so they come in this order.
    """
    hide, show = ("/srv",), (str(tmp_path),)
    bounds = Confinement(program="/opt/bwrap", hide=hide, show=show)
    here = look_around(bounds)
    step = Bare(bounds).step(Step(command="echo 'a  b'"), "/runs/1", {})
    own = [*own_tmp("/runs/1"), *covering(here), *own_home("/runs/1/home", "/runs/1/home/work")]
    assert (
        "/opt/bwrap",
        *outer(here, os.geteuid()),
        *own,
        *inner(),
        "--",
        "/bin/bash",
        "-c",
        "echo 'a  b'",
    ) == step.argv
    assert ("/tmp", "echo 'a  b'") == (variables(step)["TMPDIR"], step.command)


@pytest.mark.parametrize("name", ["LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBC_TUNABLES", "GCONV_PATH"])
def test_variables_of_the_loader_are_set_inside_only(name: str) -> None:
    """A variable that could change bubblewrap itself, outside, never reaches it."""
    step = Bare(Confinement()).step(Step(command="true"), "/runs/1", {name: "/evil", "OTHER": "kept"})
    at = step.argv.index("--setenv")
    assert ("--setenv", name, "/evil", "--") == step.argv[at : at + 4]
    assert (False, "kept") == (name in variables(step), variables(step)["OTHER"])


def test_other_variables_stay_off_the_command_line() -> None:
    """Values of variables may be secret, and everybody on a host can read command lines."""
    step = Bare(Confinement()).step(Step(command="true"), "/runs/1", {"API_KEY": "hush"})
    assert ([], "hush") == ([word for word in step.argv if "hush" in word], variables(step)["API_KEY"])


def test_only_what_must_be_covered_is() -> None:
    """Links are resolved, and what lies inside another hidden place, or seen by nobody, needs no cover."""
    hide = ("/etc", "/etc/ssl", "/etc/passwd", "/tmp", "/bin/sh", "/no/such/place")
    covers = look_around(Confinement(hide=hide)).covers
    assert (Cover("folder", "/etc"), Cover("file", os.path.realpath("/bin/sh"))) == covers


def test_the_inner_cover_wins(tmp_path: Path) -> None:
    """Of a hidden place a part may be shown, and of that a part hidden again; what is seen anyhow is not shown."""
    top = str(tmp_path)
    for name in ("a", "a/b", "a/b/c", "a/b/c/d"):
        (tmp_path / name).mkdir()
    (tmp_path / "a/b/secret").touch()
    hide, show = (f"{top}/a/b/secret", f"{top}/a/b/c", f"{top}/a"), (f"{top}/a/b", f"{top}/a/b/c", "/usr")
    covers = look_around(Confinement(hide=hide, show=show)).covers
    below = [Cover("shown", f"{top}/a/b"), Cover("folder", f"{top}/a/b/c"), Cover("file", f"{top}/a/b/secret")]
    assert below == [cover for cover in covers if cover.place.startswith(top)]
    assert "/usr" not in [cover.place for cover in covers]


def test_what_has_passed_away_is_no_longer_covered() -> None:
    """The same runtime starts runs for months, and packages come and go: what lasts is covered come what may."""
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~"), prefix="dragoman-test-") as folder:
        lasting, passing = (os.path.join(os.path.realpath(folder), name) for name in ("lasting", "passing"))
        for path in (lasting, passing):
            Path(path).touch()
        bare = Bare(Confinement(hide=(lasting,), passing=(passing, lasting)))
        assert {lasting, passing} <= set(bare.step(Step(command="true"), "/runs/1", {}).argv)
    words = bare.step(Step(command="true"), "/runs/1", {}).argv
    assert (True, False) == (lasting in words, passing in words)


def test_a_missing_bubblewrap_says_so() -> None:
    """The probe names the reason when it finds none that works."""
    missing, wrong = find_bubblewrap("/no/bwrap"), find_bubblewrap("/bin/false")
    assert (None, "There is no /no/bwrap.") == (missing.program, missing.reason)
    assert (None, "/bin/false exits with code 1.") == (wrong.program, wrong.reason)
