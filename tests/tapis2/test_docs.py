"""The page about the dialect and the code that points to it agree."""

import re
from pathlib import Path

from dragoman.core.states import RunState
from dragoman.dialects.tapis2.job_states import DESCRIPTIONS, PHASES, STATUSES, words
from dragoman.dialects.tapis2.routes import ROUTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/dialects/tapis2.md").read_text()
CODE = "\n".join(path.read_text() for path in (ROOT / "src/dragoman/dialects/tapis2").glob("*.py"))


def test_every_anchor_that_the_code_names_is_a_heading() -> None:
    """A docstring's pointer leads somewhere."""
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    named = set(re.findall(r"docs/dialects/tapis2\.md#([\w-]+)", CODE))
    assert named
    assert set() == named - headings


def test_every_route_is_on_the_page() -> None:
    """The tables of routes leave out none that is answered."""
    known = {word for route in ROUTES for word in route.path.split("/") if word and "{" not in word}
    assert set() == {word for word in known if word not in PAGE}


def test_every_state_has_its_word() -> None:
    """Whatever a run goes through, this door can say."""
    assert set(RunState) == set(STATUSES)
    for state in RunState:
        for has_inputs in (True, False):
            for archives in (True, False):
                told = words(state, None, has_inputs=has_inputs, archives=archives)
                assert set(told) <= set(DESCRIPTIONS)
                assert set(told) <= {*PHASES, "FINISHED", "FAILED", "STOPPED"}


def test_every_trap_is_held_by_a_test_that_exists() -> None:
    """The table names tests by their file and words."""
    rows = re.findall(r"^\| .*? \| (`\w+\.py`.*) \|$", PAGE, re.MULTILINE)
    named = [found for row in rows for found in re.findall(r"`(test_\w+\.py)`: ([^;(|]+)", row)]
    assert len(named) > 20
    for file, title in named:
        name = "test_" + title.strip().replace(" ", "_")
        assert f"def {name}(" in (Path(__file__).parent / file).read_text(), f"{file}: {title}"
