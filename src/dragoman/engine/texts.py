"""Runs texts of bash on the host of a run, and writes its scripts there: by as few commands as can be."""

from collections.abc import AsyncIterator, Sequence

from dragoman.core.errors import Broken
from dragoman.core.hosted import Script
from dragoman.core.ports import Site
from dragoman.core.shellwords import BASH, quote

_UNWRITTEN = 74
"""Exit code for what cannot be written: the login's own verb for it tells why."""


async def run_texts(site: Site, *texts: str, may_fail: int = 0) -> bool:
    """Run texts of bash as one command; False when they end with the given code. Raises Broken, and Unavailable.

    ``$mask`` is the umask that they begin with.
    """
    text = "\n".join(texts)
    if site.together is not None:
        done = await site.together(text)
    else:
        done = await site.login.run(BASH, stdin=f"{{\nmask=$(umask)\n{text}\n}} < /dev/null\n".encode())
    if done.code and done.code == may_fail:
        return False
    if done.code:
        said = (done.err or done.out).decode(errors="replace").strip().splitlines()
        raise Broken(said[-1] if said else f"A preparation ended with code {done.code}.")
    return True


async def make_directories(site: Site, paths: Sequence[str]) -> None:
    """Make directories, which the system calls so, and their parents. Raises Problems."""
    if paths and site.together is not None and await run_texts(site, _made(site, paths), may_fail=_UNWRITTEN):
        return
    for path in paths:
        await site.login.make_directory(site.root + path)


async def write_scripts(site: Site, directory: str, scripts: Sequence[Script], then: str = "") -> None:
    """Write them anew into a directory, which the system calls so, and run a text of bash in it. Raises Problems."""
    texts = (enter(site, directory, _UNWRITTEN), _written(scripts), then)
    if site.together is not None and await run_texts(site, *texts, may_fail=_UNWRITTEN):
        return
    for script in scripts:
        path = f"{site.root}{directory}/{script.name}"
        # Before they are used after a crash of anybody's, they are written anew.
        await site.login.write(path, _pieces(script.text), mode=script.mode, durable=False)
    if then:
        await run_texts(site, enter(site, directory), then)


def enter(site: Site, directory: str, code: int = 1) -> str:
    """Text of bash for what is to run in a directory, which the system calls so, or ends with this code."""
    return f"cd -- {quote(site.base + directory)} || exit {code}"


def _made(site: Site, paths: Sequence[str]) -> str:
    return f"mkdir -p -- {' '.join(quote(site.base + path) for path in paths)} || exit {_UNWRITTEN}"


def _written(scripts: Sequence[Script]) -> str:
    """Text of bash that starts hardly any program."""
    names = " ".join(quote(one.name) for one in scripts)
    remove = f'if [ -e "$one" ] || [ -L "$one" ]; then rm -f -- "$one" || exit {_UNWRITTEN}; fi'
    lines = [f"for one in {names}; do {remove}; done", "set -C"]
    for one in scripts:
        # Never open to more people than in the end, not even for a moment.
        lines.append(
            f"umask {~one.mode & 0o777:04o}; printf %s {quote(one.text)} > {quote(one.name)} || exit {_UNWRITTEN}"
        )
        if one.mode & 0o111:
            lines.append(f"chmod {one.mode:o} -- {quote(one.name)} || exit {_UNWRITTEN}")
    return "\n".join((*lines, "set +C", 'umask "$mask"'))


async def _pieces(text: str) -> AsyncIterator[bytes]:
    yield text.encode()
