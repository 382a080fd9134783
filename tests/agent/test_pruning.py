"""Images that were fetched: what is deleted, in which order, what stays, and what a kill leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman.agent.imagestore import Order, fetched, flat, keep
from dragoman.agent.plate import Plate
from dragoman.agent.pruning import needed_images, prune
from dragoman.agent.read_goals import kept_goals
from dragoman.store.edge import goals
from tests.agent.bench import NOON, bench, goal_body

KIB = 1 << 10
Fetch = Callable[[Order, str], None]


def as_directory(_: Order, place: str) -> None:
    """What a fetch leaves, of 64 KiB in one file."""
    os.makedirs(f"{place}.new/app")
    Path(place + ".new", "app", "bytes").write_bytes(os.urandom(64 * KIB))
    keep(place, f"{place}.new", {})


def as_file(_: Order, place: str) -> None:
    Path(f"{place}.new").write_bytes(os.urandom(64 * KIB))
    keep(place, f"{place}.new", {"Cmd": ["run"]}, suffix=".sif")


def never(order: Order, _: str) -> None:
    raise AssertionError(f"{order['image']} is here already")


def have(place: Path, image: str, fetch: Fetch = as_directory, *, used_at: int | None = None) -> None:
    """Fetch an image, or use it again, in a program that ends."""
    ended = os.fork()
    if not ended:  # the lock of a user goes with its process
        try:
            fetched({"images": str(place), "image": image}, (".sif", ""), fetch)
        finally:
            os._exit(0)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(ended, 0)[1])
    if used_at is not None:
        os.utime(place / f"{flat(image)}.used", (used_at, used_at))


def here(place: Path) -> set[str]:
    """The images that would be found."""
    kinds = {one.name.removesuffix(".sif") for one in place.iterdir()}
    return {name for name in kinds if not name.endswith((".lock", ".used", ".json"))}


def test_the_longest_unused_goes_first(tmp_path: Path) -> None:
    """Until the rest fits; what was used again meanwhile is young."""
    for number in range(4):
        have(tmp_path, f"r/i:{number}", as_file if number % 2 else as_directory, used_at=1_000 + number)
    have(tmp_path, "r/i:0", never)
    assert [] == prune(str(tmp_path), (), 10_000 * KIB)
    assert ["r%i+1", "r%i+2"] == prune(str(tmp_path), (), 150 * KIB)
    assert {"r%i+0", "r%i+3"} == here(tmp_path)
    assert ["r%i+3", "r%i+0"] == prune(str(tmp_path), (), 0)
    assert set() == here(tmp_path)
    assert [] == [one for one in tmp_path.iterdir() if one.suffix not in (".lock", ".used")]


def test_what_is_needed_stays_and_what_was_laid_there(tmp_path: Path) -> None:
    """However old, and however little there may be; a laid image counts for nothing."""
    have(tmp_path, "r/needed", used_at=1)
    have(tmp_path, "r/old", used_at=2)
    (tmp_path / "r%laid.sif").write_bytes(b"x")
    (tmp_path / "r%other").mkdir()
    (tmp_path / "r%other.json").write_text("{}")
    have(tmp_path, "r/laid", never)
    assert ["r%old"] == prune(str(tmp_path), {"r/needed"}, 0)
    assert {"r%needed", "r%laid", "r%other"} == here(tmp_path)
    (tmp_path / "r%old").mkdir()  # laid where a fetched one was
    assert [] == prune(str(tmp_path), {"r/needed"}, 0)
    assert {"r%needed", "r%laid", "r%other", "r%old"} == here(tmp_path)


def test_a_pruned_image_is_fetched_again(tmp_path: Path) -> None:
    """And is one that was fetched."""
    have(tmp_path, "r/i", as_file)
    prune(str(tmp_path), (), 0)
    have(tmp_path, "r/i", as_directory)
    assert {"r%i"} == here(tmp_path)
    assert ["r%i"] == prune(str(tmp_path), (), 0)


USER = """
import os, sys
from dragoman.agent.imagestore import fetched
fetched({"images": sys.argv[1], "image": "r/i"}, (".sif", ""), None)
os.execv("/bin/sh", ["/bin/sh", "-c", "echo runs; exec sleep 600"])
"""


def test_what_a_container_uses_stays_until_it_is_killed(tmp_path: Path) -> None:
    """The kernel knows who uses it, whoever else was killed, and lets go of it with the process."""
    have(tmp_path, "r/i", used_at=1)
    argv = [sys.executable, "-c", USER, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        assert b"runs\n" == user.stdout.readline()
        assert [] == prune(str(tmp_path), (), 0)
        assert {"r%i"} == here(tmp_path)
        user.send_signal(signal.SIGKILL)
    assert ["r%i"] == prune(str(tmp_path), (), 0)


@pytest.mark.parametrize("left", ["gone", "new", "storage"])
def test_what_a_kill_has_left_goes(tmp_path: Path, left: str) -> None:
    """Half of a deletion, or of a fetch; the image itself, where there is one, is whole and stays."""
    have(tmp_path, "r/i")
    have(tmp_path, "r/half", as_file)
    os.rename(tmp_path / "r%half.sif", tmp_path / f"r%half.{left}")
    (tmp_path / f"r%i.{left}" / "app").mkdir(parents=True)
    (tmp_path / f"r%i.{left}" / "app").chmod(0o500)
    assert [] == prune(str(tmp_path), (), 10_000 * KIB)
    assert {"r%i"} == here(tmp_path)
    assert not (tmp_path / "r%half.json").exists()
    assert (tmp_path / "r%i.json").exists()


def test_nothing_was_ever_fetched(tmp_path: Path) -> None:
    """Then there is no directory."""
    assert [] == prune(str(tmp_path / "images"), (), 0)


def test_what_goals_and_executions_need(tmp_path: Path) -> None:
    """What goals of this node name, and what runs or waits of goals that are gone."""
    with bench(tmp_path) as house:
        body = goal_body(["schedule(p): True"], "p", "q")
        house.serve(body)
        house.round()
        other = goal_body([], "z", goal="g2", job="2")
        other["sub_goals"][0]["name"] = "W999"
        house.db.write_now(goals.put_goals, kept_goals([other]), at=NOON)
        registry, plate = "registry.example.org/test", Plate(vsn="w023")
        assert {f"{registry}/p:1.0.0"} == house.db.write_now(needed_images, plate)
        house.db.write_now(goals.put_goals, kept_goals([body]), at=NOON)
        house.end()
        assert {f"{registry}/p:1.0.0", f"{registry}/q:1.0.0"} == house.db.write_now(needed_images, plate)
