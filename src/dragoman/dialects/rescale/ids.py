"""The ids this door shows: six letters for jobs and files, and letters derived from what has no id of its own there."""

import hashlib
import secrets
import uuid
from collections.abc import Awaitable, Callable
from string import ascii_letters
from typing import TypeVar

from dragoman.core.errors import Conflict, NotFound

T = TypeVar("T")

_TRIES = 4


def mint() -> str:
    """Six random letters."""
    return "".join(secrets.choice(ascii_letters) for _ in range(6))


async def under_new_id(act: Callable[[str], Awaitable[T]]) -> T:
    """Do something under a new id, and again under another while the id turns out to be taken."""
    for _ in range(_TRIES):
        try:
            return await act(mint())
        except Conflict:
            continue
    return await act(mint())


def check_id(text: str) -> str:
    """The id, when it can be one. Raises NotFound: no thing has an id of another form."""
    if not (text.isascii() and text.isalpha() and len(text) <= 16):
        raise NotFound("Not found.")
    return text


def letters(seed: str, count: int) -> str:
    """Letters that are always the same for the same seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(ascii_letters[byte % len(ascii_letters)] for byte in digest[:count])


def user_letters(account_id: int) -> str:
    """How an account is called inside storage paths."""
    return letters(f"user {account_id}", 5)


def cluster_id(job_alias: str) -> str:
    """What a job's cluster is called."""
    return letters(f"cluster {job_alias}", 6)


def storage_uuid(file_alias: str) -> str:
    """The random-looking part of an input's storage path."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"file {file_alias}".encode()).digest()[:16], version=4))
