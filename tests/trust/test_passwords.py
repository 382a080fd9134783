"""Passwords are stored as argon2id hashes and checked against them."""

import time

import pytest

from dragoman.core.errors import Invalid
from dragoman.trust.passwords import hash_password, verify_password


@pytest.mark.parametrize("password", ["correct horse", "pässwörd ✓", "x" * 1000])
def test_verify_accepts_only_the_password_that_was_hashed(password: str) -> None:
    """Any text will do, and no other fits."""
    stored = hash_password(password)
    assert stored.startswith("$argon2id$")
    assert verify_password(password, stored)
    assert not verify_password(password + " ", stored)


def test_hash_is_salted() -> None:
    """Equal passwords do not look equal."""
    assert hash_password("same") != hash_password("same")


def test_hash_refuses_an_empty_password() -> None:
    """An account without a password must not look like one with."""
    with pytest.raises(Invalid, match="cannot be empty"):
        hash_password("")


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_verify_fits_nothing_to_an_account_without_a_password(stored: str | None) -> None:
    """An unknown account, one that nobody logs in to, and a broken row all answer no."""
    assert not verify_password("", stored)
    assert not verify_password("anything", stored)


@pytest.mark.slow
def test_verify_takes_as_long_for_an_unknown_account() -> None:
    """The time of the answer does not tell whether an account exists."""
    stored = hash_password("right")
    known, unknown = (min(_seconds(s) for _ in range(3)) for s in (stored, None))
    assert 0.5 < unknown / known < 2


def _seconds(stored: str | None) -> float:
    begun = time.process_time()
    assert not verify_password("wrong", stored)
    return time.process_time() - begun
