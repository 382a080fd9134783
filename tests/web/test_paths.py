"""Paths survive whatever is in their names."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from dragoman.web.paths import canonical, decoded

NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1)


@given(st.lists(NAMES))
def test_names_come_back(names: list[str]) -> None:
    """However a client encodes them, and with slashes too many."""
    raw = "/v3//" + "//".join(quote(name, safe="") for name in names)
    assert ["v3", *names] == [decoded("name", part) for part in canonical(raw.encode()).split("/")[1:-1]]


@given(st.binary())
def test_there_is_one_form(raw: bytes) -> None:
    """Reading it again changes nothing, and every byte stays."""
    form = canonical(raw)
    assert form == canonical(form.encode())
    assert form.isascii()
    assert "//" not in form
