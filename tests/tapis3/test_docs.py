"""The page about the dialect and the code that points to it agree."""

import re
from pathlib import Path

from dragoman.dialects.tapis3.routes import ROUTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/dialects/tapis3.md").read_text()
CODE = "\n".join(path.read_text() for path in (ROOT / "src/dragoman/dialects/tapis3").glob("*.py"))


def test_every_anchor_that_the_code_names_is_a_heading() -> None:
    """A docstring's pointer leads somewhere."""
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    named = set(re.findall(r"docs/dialects/tapis3\.md#([\w-]+)", CODE))
    assert named
    assert set() == named - headings


def test_every_route_is_on_the_page() -> None:
    """The tables of routes leave out none that is answered."""
    words = {word for route in ROUTES for word in route.path.split("/") if word and "{" not in word}
    assert set() == {word for word in words if word not in PAGE}
