"""Ids tell what kind of thing they name."""

import re

from dragoman.dialects.tapis3.ids import mint, mint_postit

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_ids_end_with_their_kind() -> None:
    """007 is a job, 010 a link; and none comes twice."""
    assert re.fullmatch(f"{UUID}-007", mint())
    assert re.fullmatch(f"{UUID}-010", mint_postit())
    assert 1000 == len({mint() for _ in range(1000)})
