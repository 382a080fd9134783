"""Images that lie on a node: each fetched once, by the program that runs it, and kept. Standard library only.

Beside an image that was fetched lies ``IMAGE.used``: the bytes that it takes, as a number, and as its time the last
use. Whoever runs the image holds a shared lock on that file until the end, also when everybody else is killed.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

Order = Mapping[str, Any]
Config = Mapping[str, Any]
"""What an image says of itself: Entrypoint, Cmd, Env, WorkingDir."""


class Image(NamedTuple):
    """An image that is here."""

    place: str
    config: Config


def flat(image: str) -> str:
    """The name of an image as the name of a file."""
    return image.replace("/", "%").replace(":", "+")


def fetch_by_apptainer(order: Order, place: str) -> None:
    """Have it as one file, by Apptainer. Raises ValueError."""
    program, new = order["program"], f"{place}.new"
    with _passing(new):
        _run([program, "pull", "--disable-cache", "--force", new, f"docker://{order['image']}"])
        listed = _run([program, "sif", "list", new])
        found = [line.split("|")[0].strip() for line in listed.splitlines() if "JSON" in line]
        told = [json.loads(_run([program, "sif", "dump", number, new])) for number in found]
        config: Config = next((one for one in told if {"Entrypoint", "Cmd", "WorkingDir"} & set(one)), {})
        keep(place, new, config, suffix=".sif")


def fetch_by_charliecloud(order: Order, place: str) -> None:
    """Have it as a directory, by Charliecloud. Raises ValueError."""
    new, storage, programs = f"{place}.new", f"{place}.storage", os.path.dirname(order["program"])
    with _passing(new, storage):
        _run([f"{programs}/ch-image", "pull", "--no-cache", order["image"]], CH_IMAGE_STORAGE=storage)
        convert = [f"{programs}/ch-convert", "-i", "ch-image", "-o", "dir", order["image"], new]
        _run(convert, CH_IMAGE_STORAGE=storage)
        with open(f"{new}/ch/config.pulled.json", encoding="utf-8") as file:
            config: Config = json.load(file).get("config") or {}
        keep(place, new, config)


def keep(place: str, new: str, config: Config, *, suffix: str = "") -> None:
    """Give an image that was fetched its name, with what it says of itself and how large it is."""
    with open(f"{place}.json", "w", encoding="utf-8") as file:
        json.dump(config, file)
    with open(f"{place}.used", "w", encoding="utf-8") as file:
        file.write(str(_size(new)))
    os.sync()  # before the image gets its name: half of one would be found for ever after a power cut
    os.rename(new, f"{place}{suffix}")


def _size(place: str) -> int:
    """Bytes on the disk of a file, or of a directory with all below it."""
    below = (os.path.join(folder, name) for folder, _, names in os.walk(place) for name in names)
    return sum(os.lstat(one).st_blocks << 9 for one in (place, *below))


@contextmanager
def _passing(*places: str) -> Iterator[None]:
    """Nothing of these places is left, neither of the last try nor of this one."""

    def clear() -> None:
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
            if os.path.lexists(place) and not os.path.isdir(place):
                os.unlink(place)

    clear()
    try:
        yield
    finally:
        clear()


def _run(argv: Sequence[str], **more: str) -> str:
    """What it prints; raises ValueError that says why it has failed."""
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env={**os.environ, **more}, check=False
    )
    if done.returncode:
        raise ValueError(f"{os.path.basename(argv[0])} {argv[1]} has ended with {done.returncode}: see above.")
    return done.stdout


def _hold(place: str) -> None:
    """Have nobody take an image away that was fetched, until this process ends and whatever it becomes."""
    try:
        used = os.open(f"{place}.used", os.O_RDONLY)
    except FileNotFoundError:  # not fetched yet, or somebody has laid it there
        return
    fcntl.flock(used, fcntl.LOCK_SH)
    os.utime(used)
    os.set_inheritable(used, True)


def _held(place: str, suffixes: Sequence[str]) -> Image | None:
    _hold(place)
    return _find(place, suffixes)


def _find(place: str, suffixes: Sequence[str]) -> Image | None:
    for suffix in suffixes:
        if os.path.exists(f"{place}{suffix}"):
            try:
                with open(f"{place}.json", encoding="utf-8") as file:
                    return Image(f"{place}{suffix}", json.load(file))
            except FileNotFoundError:  # somebody has laid it there
                return Image(f"{place}{suffix}", {})
    return None


def fetched(order: Order, suffixes: Sequence[str], fetch: Callable[[Order, str], None]) -> Image:
    """The image that is wanted, fetched if need be; ``suffixes`` are of those that may be here. Raises ValueError.

    Nobody takes it away while this process lives, or the container that it becomes.
    """
    place = os.path.join(order["images"], flat(order["image"]))
    if found := _held(place, suffixes):
        return found
    os.makedirs(order["images"], mode=0o700, exist_ok=True)
    with open(f"{place}.lock", "w", encoding="utf-8") as lock:  # others who want it wait, and find it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _find(place, suffixes):
            fetch(order, place)
        found = _held(place, suffixes)
    if found is None:
        raise ValueError(f"The image {order['image']} has vanished.")
    return found
