"""Password hashes, argon2id. Slow and hungry on purpose (0.2 s, 64 MiB): call from a thread, a few at a time."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dragoman.core.errors import Invalid

_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, salt_len=16)
_NOBODY = f"$argon2id$v=19$m=65536,t=3,p=4${'A' * 22}${'A' * 43}"
"""As slow to check as a real one, and no password fits it."""


def hash_password(password: str) -> str:
    """What is stored of a password. Raises Invalid when it is empty."""
    if not password:
        raise Invalid.field("password", why="A password cannot be empty.")
    return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


def verify_password(password: str, stored: str | None) -> bool:
    """Whether the password fits what is stored.

    For an unknown account, or one that nobody logs in to, pass None or an empty text: the answer is False and takes
    as long as any other.
    """
    try:
        return _HASHER.verify(stored or _NOBODY, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
