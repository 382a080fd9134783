"""Addresses of inputs are read as URIs are, and what they name is called the same on disk and in scripts."""

import pytest

from dragoman.core.errors import Problem
from dragoman.dialects.tapis2.addresses import own_name, read_agave


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("two.txt", "two.txt"),
        ("a/in put.txt", "in put.txt"),
        ("a/in%20put.txt", "in put.txt"),
        ("agave://sys/a/100%25%3F.txt", "100%?.txt"),
        ("agave://sys//a/b?c#d", "b?c#d"),
        ("agave://sys/%FF%0A x", "%FF%0A x"),
        ("agave://sys/gr%C3%BC%C3%9Fe/", "grüße"),
        ("agave://sys", "input"),
        ("agave://sys/a/..", "input"),
        ("https://example.org/a%20b.txt?c=d/e#f", "a b.txt"),
        ("https://example.org", "input"),
    ],
)
def test_an_input_is_called_as_its_address_says(address: str, name: str) -> None:
    assert name == own_name(address)


def test_paths_are_bytes() -> None:
    assert ("sys", "/a b/\udcff%") == read_agave("agave://sys//a%20b/%FF%25")


def test_an_address_names_a_system() -> None:
    with pytest.raises(Problem, match="names no system"):
        read_agave("agave:///a")
