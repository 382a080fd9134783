"""How the bash command line asks: by curl, with the bytes that it is known to send; and reads: by jq or grep."""

import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

from tests.service import wait_until

Words = dict[str, str]
"""What ``$name`` stands for in a transcript: what the command line has in its cache, and ids that it has printed."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: a form or JSON as text, or a file as the part ``fileToUpload``; None sends nothing."""

    kind: Literal["form", "json", "part"]
    text: str | None
    more: tuple[str, ...] = ()
    """Further parts, as they are given to curl."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A command, one request that it makes, what it reads the answer with, and what is printed then.

    ``prints`` is a pattern for all that is printed; its named groups become words for what follows.
    """

    command: str
    request: str
    reads: tuple[str, ...]
    prints: str
    sends: Body | None = None
    status: int = 200
    login: Literal["token", "password", "client", "nothing"] = "token"
    again: bool = False
    """Whether somebody types it again until it prints that."""


def form(text: str) -> Body:
    return Body("form", text)


def json(text: str | None) -> Body:
    return Body("json", text)


def part(text: str, *more: str) -> Body:
    return Body("part", text, more)


def jq(program: str) -> tuple[str, ...]:
    return ("jq", "-r", program)


def said(program: str) -> tuple[str, ...]:
    """Every command looks at ``status`` first, and prints the message of what is no success."""
    return jq(f'if .status == "success" then {program} else .message // .fault.message end')


AS_IT_CAME = ("cat",)


def curl(ask: Ask, words: Mapping[str, str], place: Path) -> tuple[str, int]:
    """Send the request; the answer's text and status."""
    method, path = ask.request.split(" ", 1)
    argv = ["curl", "-sk", "--noproxy", "*", "-w", "\n%{http_code}", "-X", method]
    match ask.login:
        case "token":
            argv += ["-H", f"Authorization: Bearer {words['token']}"]
        case "password":
            argv += ["-u", f"{words['user']}:{words['password']}"]
        case "client":
            argv += ["-u", f"{words['key']}:{words['secret']}"]
    argv += _body(ask.sends, words, place)
    argv.append(words["url"] + Template(path).substitute(words))
    text, _, status = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120).stdout.rpartition(
        "\n"
    )
    return text, int(status)


def _body(body: Body | None, words: Mapping[str, str], place: Path) -> list[str]:
    if body is None:
        return []
    argv = ["-H", "Content-Type: application/json"] if body.kind == "json" else []
    if body.text is None:
        return argv
    file = place / "tmp.x7Yq"
    file.write_text(Template(body.text).substitute(words))
    if body.kind == "part":
        return ["-F", f"fileToUpload=@{file}", *(word for one in body.more for word in ("-F", one))]
    return [*argv, "-d", f"@{file}"]


def play(asks: Iterable[Ask], words: Words, place: Path) -> None:
    """Type the commands one after another; fails at the first whose answer is another. Adds to ``words``."""
    for ask in asks:
        wanted = Template(ask.prints).substitute({name: re.escape(word) for name, word in words.items()})

        def typed(ask: Ask = ask, wanted: str = wanted) -> re.Match[str] | None:
            text, status = curl(ask, words, place)
            done = subprocess.run(ask.reads, input=text, capture_output=True, text=True, check=False, timeout=120)
            printed = done.stdout.removesuffix("\n")
            found = re.fullmatch(wanted, printed)
            told = (
                f"{ask.command}\n{ask.request}\n{status}\n{text}\n{done.stderr}\nprints: {printed!r}\nnot: {wanted!r}"
            )
            right = found if ask.status == status else None
            assert right or ask.again, told
            return right

        found = wait_until(typed)
        assert found
        words.update(found.groupdict())
