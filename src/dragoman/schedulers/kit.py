"""The programs that run on a host behind a login, shipped there in one file that is named after its content."""

import functools
import hashlib
import io
import json
import os
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass

from dragoman.core.errors import Broken
from dragoman.core.ports import Login

_MODULES = ("errand", "farewell", "joblog", "orders", "processes", "steprun", "traces", "wrapper")
_PYTHONS = ("python3", *(f"python3.{minor}" for minor in range(13, 8, -1)), "/usr/bin/python3")
_MISSING = 1
# Both are one line each, without "!": there are login shells that take nothing else as an argument.
_CHOOSE = (
    'check=$1 name=$2 digest=$3; shift 3; for python in "$@"; '
    'do "$python" -c "$check" "$name" "$digest" 2>/dev/null && exit; done; exit 1'
)
_CHECK = (
    "import hashlib, json, os, sys; sys.version_info < (3, 9) and sys.exit(1); "
    "path = os.path.join(os.path.expanduser('~'), '.cache', 'dragoman', sys.argv[1]); "
    "there = open(path, 'rb').read() if os.path.isfile(path) else b''; "
    "whole = hashlib.sha256(there).hexdigest() == sys.argv[2]; "
    "print(json.dumps({'python': sys.executable, 'path': path, 'whole': whole}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The programs as they stand on one host, ready to be run."""

    python: str
    path: str

    def errand(self, *words: str) -> tuple[str, ...]:
        """The argument list that runs an errand."""
        return (self.python, "-I", "-S", "-X", "utf8", self.path, *words)


async def place(login: Login) -> Kit:
    """See that the programs stand on the host, whole. Raises Broken when it has no Python that can run them."""
    content, digest = packed()
    name = f"dragoman-{digest[:16]}.pyz"
    done = await login.run(["sh", "-c", _CHOOSE, "sh", _CHECK, name, digest, *_PYTHONS])
    if done.code == _MISSING:
        raise Broken("The host has no Python 3.9 or newer.", hint="Install python3 there, in the login's PATH.")
    try:
        found = json.loads(done.out)
        kit = Kit(python=found["python"], path=found["path"])
        if not found["whole"]:
            await login.write(kit.path, _piece(content), mode=0o600)
    except (ValueError, TypeError, KeyError) as problem:
        said = (done.err or done.out).decode(errors="replace").strip()[-500:]
        raise Broken(f"The host's Python cannot be found (code {done.code}): {said}") from problem
    return kit


@functools.cache
def packed() -> tuple[bytes, str]:
    """The file to ship and its SHA-256; always the same for the same programs."""
    here, file = os.path.dirname(os.path.abspath(__file__)), io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in _MODULES:
            with open(os.path.join(here, f"{name}.py"), "rb") as source:
                inside = "__main__" if name == "errand" else name
                archive.writestr(zipfile.ZipInfo(f"{inside}.py", (1980, 1, 1, 0, 0, 0)), source.read())
    return file.getvalue(), hashlib.sha256(file.getvalue()).hexdigest()


async def _piece(content: bytes) -> AsyncIterator[bytes]:
    yield content
