"""A key pair for tests that need one."""

import functools
import tempfile

from dragoman.trust.jwt import KeyPair, key_pair


@functools.cache
def signing_keys() -> KeyPair:
    """One for all tests of a process: making one takes a while."""
    with tempfile.TemporaryDirectory() as place:
        return key_pair(place)
