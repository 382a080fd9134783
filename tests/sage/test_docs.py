"""The page about the dialect and the code that points to it agree."""

import re
from pathlib import Path

from dragoman.dialects.sage.profile import PROFILES
from dragoman.dialects.sage.routes import ACCOUNTS, REPOSITORY, scheduler

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/dialects/sage.md").read_text()
PLACES = ("dialects/sage", "core/rules")
CODE = "\n".join(path.read_text() for place in PLACES for path in (ROOT / "src/dragoman" / place).glob("*.py"))


def test_every_anchor_that_the_code_names_is_a_heading() -> None:
    """A docstring's pointer leads somewhere."""
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    named = set(re.findall(r"docs/dialects/sage\.md#([\w-]+)", CODE))
    assert named
    assert set() == named - headings


def test_every_route_is_on_the_page() -> None:
    """The tables leave out none that is answered."""
    routes = (*scheduler(PROFILES["0.18.0"]), *ACCOUNTS, *REPOSITORY)
    words = {word for route in routes for word in route.path.split("/") if word and "{" not in word}
    assert set() == {word for word in words if word not in PAGE}


def test_every_scenario_is_held_by_tests_that_exist() -> None:
    """The table names them by their file and words."""
    rows = re.findall(r"^\| S(\d+) \| .*? \| (.+) \|$", PAGE, re.MULTILINE)
    assert list(range(1, 32)) == [int(number) for number, _ in rows]
    for number, held in rows:
        named = re.findall(r"`(\w+/test_\w+\.py)`: ([^;`]+)", held)
        assert len(named) == held.count(".py"), f"S{number}"
        for file, title in named:
            name = "test_" + title.strip().replace(" ", "_")
            assert f"def {name}(" in (ROOT / "tests" / file).read_text(), f"S{number}: {file}: {title}"
