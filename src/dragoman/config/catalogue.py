"""The catalogue directory: filled with the shipped examples, read at every start, cut down to what this host has.

It belongs to the operator: a file that is there is never touched. Names no app and no dialect.
"""

import os
import secrets
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dragoman.core.catalogue import Catalogue, CatalogueApp, read_catalogue
from dragoman.core.errors import Invalid, Unavailable

SHIPPED = Path(__file__).parent / "catalog"
RUN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where the programs that apps require are looked for: the PATH of runs on this host."""


def load_catalogue(directory: str, *, path: str = RUN_PATH) -> Catalogue:
    """What the files in the directory say, with the apps whose requirements are there on this host.

    Shipped files that are missing are put there first. Raises Invalid that names what is wrong in which file, and
    Unavailable when the disk refuses.
    """
    directory = os.path.abspath(directory)
    with _told(directory):
        _fill(Path(directory))
        whole = _read(directory)
        return replace(whole, apps=tuple(_placed(app, directory) for app in whole.apps if _is_here(app, path)))


def survey(directory: str, *, path: str = RUN_PATH) -> tuple[list[CatalogueApp], list[CatalogueApp]]:
    """The apps that the next start offers, and those that lack what they require here. Writes nothing.

    Raises as ``load_catalogue``.
    """
    with _told(directory):
        own = set(_names(directory)) if os.path.isdir(directory) else set()
        places = dict.fromkeys(_names(str(SHIPPED)), str(SHIPPED)) | dict.fromkeys(own, directory)
        apps = read_catalogue({name: _parsed(places[name], name) for name in sorted(places)}).apps
        return [app for app in apps if _is_here(app, path)], [app for app in apps if not _is_here(app, path)]


@contextmanager
def _told(directory: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"The catalogue {directory} cannot be used: {error.strerror} ({error.filename}).") from error


def _read(directory: str) -> Catalogue:
    return read_catalogue({name: _parsed(directory, name) for name in _names(directory)})


def _names(directory: str) -> list[str]:
    return sorted(name for name in os.listdir(directory) if name.endswith(".toml") and not name.startswith("."))


def _parsed(directory: str, name: str) -> Mapping[str, Any]:
    with open(os.path.join(directory, name), "rb") as text:
        try:
            return tomllib.load(text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
            raise Invalid.field(os.path.join(directory, name), why=f"This is not TOML: {wrong}.") from wrong


def _is_here(app: CatalogueApp, path: str) -> bool:
    return all(
        os.path.exists(need) if os.path.isabs(need) else shutil.which(need, path=path) is not None
        for need in app.requires
    )


def _placed(app: CatalogueApp, directory: str) -> CatalogueApp:
    """The app with its links made and its environment pointing into this directory."""
    for name, target in app.links.items():
        link = os.path.join(directory, name)
        if not os.path.lexists(link):
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(target, link)
    environment = {name: value.replace("{catalog}", directory) for name, value in app.environment.items()}
    return replace(app, environment=environment)


def _fill(directory: Path) -> None:
    """Copy every shipped file that is missing; each appears whole or not at all."""
    for source in sorted(SHIPPED.rglob("*")):
        target = directory / source.relative_to(SHIPPED)
        if source.is_file() and not os.path.lexists(target):
            os.makedirs(target.parent, exist_ok=True)
            content = source.read_bytes()
            draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
            draft.write_bytes(content)
            draft.chmod(0o755 if content.startswith(b"#!") else 0o644)
            draft.replace(target)
