"""Macros stand for texts, and never for endless ones."""

import pytest

from dragoman.core.macros import MacroFault, expand, names_in


def test_names_stand_for_texts_that_may_hold_names() -> None:
    """Nesting is followed to its end."""
    values = {"Dir": "${Base}/jobs/${Id}", "Base": "/work", "Id": "7"}
    assert "x /work/jobs/7/out $Id ${ Id}" == expand("x ${Dir}/out $Id ${ Id}", values)


def test_unknown_names_stay_unless_that_is_forbidden() -> None:
    """A directory with an unknown name is a fault, an argument with one is not."""
    assert "${Nope}/x" == expand("${Nope}/x", {})
    with pytest.raises(MacroFault, match=r"no macro \$\{Nope\}"):
        expand("${Nope}/x", {}, strict=True)


def test_a_circle_is_told_with_its_names() -> None:
    """Who goes in a circle is told which one."""
    with pytest.raises(MacroFault, match="A -> B -> A"):
        expand("${A}", {"A": "x${B}", "B": "${A}"})


def test_nesting_has_a_limit() -> None:
    """More than 16 levels are meant by nobody."""
    values = {f"M{n}": f"${{M{n + 1}}}" for n in range(20)}
    with pytest.raises(MacroFault, match="16 deep"):
        expand("${M0}", values)


def test_a_text_cannot_explode() -> None:
    """Names that stand for many names each are stopped, and quickly."""
    values = {f"M{n}": f"${{M{n + 1}}}" * 200 for n in range(10)} | {"M10": "x"}
    with pytest.raises(MacroFault, match="grows"):
        expand("${M0}", values)
    empty = {**values, "M10": ""}
    assert "" == expand("${M0}", empty)


def test_names_are_told_in_order() -> None:
    """Repeated ones too."""
    assert ["A", "B_1", "A"] == names_in("${A}${B_1}-${A}${1}")
