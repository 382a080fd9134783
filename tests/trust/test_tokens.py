"""Opaque tokens: their form, what is stored of them, and a running job's own."""

import re

from dragoman.trust.tokens import digest, job_key, mint

KEY = bytes(32)


def test_mint_gives_forty_hex_digits_never_twice() -> None:
    """The form that foreign clients know, and random."""
    tokens = {mint() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch("[0-9a-f]{40}", token) for token in tokens)


def test_digest_is_sha256() -> None:
    """The form is kept in databases and must never change."""
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_digest_takes_any_text() -> None:
    """A header may hold anything; it just fits no token."""
    assert len({digest(text) for text in ("", "é", "\udc80", "x" * 10_000)}) == 4


def test_job_key_is_the_same_for_the_same_attempt_and_no_other() -> None:
    """It can be told again after a crash, and needs the service's key."""
    key = job_key(KEY, "token")
    assert re.fullmatch("[0-9a-f]{40}", key)
    assert key == job_key(KEY, "token")
    assert len({key, job_key(KEY, "other"), job_key(b"x" * 32, "token")}) == 3
