"""docs/configuration.md says what the settings are."""

from pathlib import Path

from dragoman.config.document import configuration_page, meanings
from dragoman.config.settings import OPTIONS

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_configuration_page_is_as_rendered() -> None:
    """The committed page is the rendered one; scripts/docs.py writes it."""
    assert configuration_page() == PAGE.read_text(encoding="utf-8")


def test_every_setting_has_a_meaning() -> None:
    """A setting without a docstring would be a riddle."""
    assert set(OPTIONS) == set(meanings())
