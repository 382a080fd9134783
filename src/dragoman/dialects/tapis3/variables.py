"""Fills in ``${apiUserId}``, ``${owner}`` and ``${tenant}`` where systems and apps are registered. Pure."""

from collections.abc import Mapping

CALLER = "${apiUserId}"
"""As a system's effectiveUserId: everybody logs in under their own name."""


def variables(*, caller: str, owner: str, tenant: str) -> Mapping[str, str]:
    """What each of them stands for."""
    return {CALLER: caller, "${owner}": owner, "${tenant}": tenant}


def filled(text: str, known: Mapping[str, str]) -> str:
    """The text with what they stand for."""
    for name, value in known.items():
        text = text.replace(name, value)
    return text
