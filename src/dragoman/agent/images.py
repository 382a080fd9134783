"""Runs one plugin's image where no engine does: by Apptainer or Charliecloud. A program; standard library only.

It is started in a run directory whose ``container.json`` says what is wanted, and becomes the container. An image is
fetched once, and needs no network afterwards.
"""

import json
import os
import resource
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dragoman.agent.imagestore import Image, Order, fetch_by_apptainer, fetch_by_charliecloud, fetched

ORDER = "container.json"
VARIABLES = "plugin.env"
NOT_RUN = 125
"""The exit code when it does not come to a container, as engines have it."""
UPLOADS, DATA_CONFIG = "/run/waggle/uploads", "/run/waggle/data-config.json"
"""Where images expect their places."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def apptainer(order: Order, image: Image, home: str, *, bounded: bool) -> list[str]:
    """The argument list of Apptainer; ``bounded``: it can bound memory and processors here."""
    words = [
        order["program"],
        "exec" if order["entrypoint"] else "run",
        "--compat",
        "--no-home",
    ]  # what the image has at home is its own
    # As root it would give the container every capability there is.
    words += ["--keep-privs", "--bind", "/dev:/dev"] if order["privileged"] else ["--no-privs"]
    words += ["--nv"] if order.get("gpu") else []
    words += ["--env-file", f"{home}/{VARIABLES}", "--bind", f"{home}/uploads:{UPLOADS}"]
    words += ["--bind", f"{home}/{os.path.basename(DATA_CONFIG)}:{DATA_CONFIG}:ro"]
    words += [word for source, target in order["volumes"] for word in ("--bind", f"{source}:{target}")]
    words += ["--cwd", image.config["WorkingDir"]] if image.config.get("WorkingDir") else []
    if bounded:
        words += ["--memory", str(order["memory"])] if order["memory"] else []
        words += ["--cpus", f"{order['cpu'] / 1000:g}"] if order["cpu"] else []
    return [*words, image.place, *filter(None, [order["entrypoint"]]), *order["args"]]


def apptainer_variables(order: Order, _: Image) -> str:
    """The file of variables as Apptainer reads it: a shell's words."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(order["environment"].items()))


def charliecloud(order: Order, image: Image, home: str) -> list[str]:
    """The argument list of Charliecloud. Raises ValueError when nothing says what is to be run."""
    own, config = order["entrypoint"], image.config
    words = (
        [own, *order["args"]]
        if own
        else [*(config.get("Entrypoint") or ()), *(order["args"] or config.get("Cmd") or ())]
    )
    if not words:
        raise ValueError(f"The image {order['image']} does not say what it runs: give the plugin an entrypoint.")
    options = ["--private-tmp", "--env-no-expand", "--unset-env=*", f"--set-env={home}/{VARIABLES}"]
    # A file cannot hold a line break in a value.
    options += [f"--set-env={name}={value}" for name, value in sorted(order["environment"].items()) if "\n" in value]
    binds = [(f"{home}/run", "/run"), (f"{home}/uploads", UPLOADS)]
    binds += [(f"{home}/{os.path.basename(DATA_CONFIG)}", DATA_CONFIG), *order["volumes"]]
    options += [f"--bind={source}:{target}" for source, target in binds]
    options += [f"--cd={config['WorkingDir']}"] if config.get("WorkingDir") else []
    return [order["program"], *options, image.place, "--", *words]


def charliecloud_variables(order: Order, image: Image) -> str:
    """The file of variables as Charliecloud reads it: lines, with quotes around each value."""
    told = dict(one.split("=", 1) for one in image.config.get("Env") or () if "=" in one)
    every = {"PATH": _PATH, "HOME": "/tmp", **told, **order["environment"]}  # noqa: S108 - the container's own
    return "".join(f"{name}='{value}'\n" for name, value in sorted(every.items()) if "\n" not in value)


class _Kind(NamedTuple):
    suffixes: Sequence[str]
    """Of images that are here."""
    fetch: Callable[[Order, str], None]
    variables: Callable[[Order, Image], str]
    words: Callable[[Order, Image, str], list[str]]


def _bounded(order: Order, image: Image, home: str) -> list[str]:
    groups = next(filter(os.path.isdir, ("/sys/fs/cgroup/memory", "/sys/fs/cgroup")), "/")
    is_able = os.access(groups, os.W_OK) if os.geteuid() == 0 else "DBUS_SESSION_BUS_ADDRESS" in os.environ
    return apptainer(order, image, home, bounded=is_able)


def _limited(order: Order, image: Image, home: str) -> list[str]:
    words = charliecloud(order, image, home)
    os.makedirs(f"{home}{UPLOADS}")
    os.close(os.open(f"{home}{DATA_CONFIG}", os.O_CREAT | os.O_WRONLY, 0o644))
    if order["memory"]:
        resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    return words


_KINDS = {
    "apptainer": _Kind((".sif", ""), fetch_by_apptainer, apptainer_variables, _bounded),
    "charliecloud": _Kind(("",), fetch_by_charliecloud, charliecloud_variables, _limited),
}


def main() -> None:
    """Become the container that the order asks for."""
    home = os.environ["HOME"]
    try:
        with open(f"{home}/{ORDER}", encoding="utf-8") as file:
            order = json.load(file)
        kind = _KINDS[order["kind"]]
        image = fetched(order, kind.suffixes, kind.fetch)
        with open(f"{home}/{VARIABLES}", "w", encoding="utf-8") as file:
            file.write(kind.variables(order, image))
        argv = kind.words(order, image, home)
        os.execv(argv[0], argv)  # noqa: S606 - a list of arguments, no shell
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(NOT_RUN)


if __name__ == "__main__":
    main()
