"""Puts the Python that runs the tests, and packages of its environment, into a container image."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable

PROGRAM = os.path.realpath(sys.executable)
"""The interpreter, also in an image: everything keeps its own path, because programs name what they need by it."""
_LEFT_OUT = ("site-packages", "dist-packages", "test", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip")
_NEEDED = re.compile(r"(/\S+) \(0x")


def add_python(place: str) -> None:
    """Put the interpreter, its standard library and what they need into an image."""
    library = sysconfig.get_path("stdlib")
    _copy(place, PROGRAM)
    shutil.copytree(
        library,
        f"{place}{library}",
        symlinks=True,
        ignore_dangling_symlinks=True,
        ignore=shutil.ignore_patterns(*_LEFT_OUT, "config-*"),
    )
    _add_libraries(place, [PROGRAM, *_objects(sysconfig.get_config_var("DESTSHARED"))])


def add_wheels(place: str, folder: str, *names: str) -> None:
    """Put installed distributions into a folder of an image, and what their compiled parts need."""
    objects = []
    for name in names:
        for file in importlib.metadata.files(name) or ():
            if file.parts[0] != ".." and "tests" not in file.parts:
                found, target = str(file.locate()), f"{place}{folder}/{file}"
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(found, target)
                objects += [found] if ".so" in file.suffixes and ".libs" not in file.parts[0] else []
    _add_libraries(place, objects, but=sysconfig.get_path("platlib"))


def _objects(folder: str) -> list[str]:
    return [f"{folder}/{name}" for name in os.listdir(folder) if name.endswith(".so")]


def _add_libraries(place: str, objects: Iterable[str], but: str = "") -> None:
    """Copy the shared libraries of programs and modules, except those below a directory, which are there."""
    told = subprocess.run(["ldd", *objects], check=True, capture_output=True, text=True).stdout
    for path in set(_NEEDED.findall(told)):
        if not (but and os.path.realpath(path).startswith(f"{but}/")):
            _copy(place, path)


def _copy(place: str, path: str) -> None:
    target = f"{place}{path}"
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.exists(target):
        shutil.copy(path, target)
