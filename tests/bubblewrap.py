"""Whether this machine can confine, for the tests that need it."""

import os

import pytest

from dragoman.runtimes.bubblewrap import Confinement, find_bubblewrap


def confinement(hide: tuple[str, ...]) -> Confinement:
    """A confinement that works here. Without one the test fails, unless somebody has allowed that."""
    found = find_bubblewrap()
    if found.program is None:
        if os.environ.get("DRAGOMAN_TEST_WITHOUT_BWRAP"):
            pytest.skip(f"bubblewrap does not work here: {found.reason}")
        pytest.fail(f"bubblewrap does not work here: {found.reason} Set DRAGOMAN_TEST_WITHOUT_BWRAP=1 to do without.")
    return Confinement(program=found.program, hide=hide)
