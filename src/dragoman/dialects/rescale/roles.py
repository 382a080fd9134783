"""File types: this door's numbers and our words for them."""

from collections.abc import Mapping

ROLES: Mapping[int, str] = {
    1: "input",
    2: "template",
    3: "parameters",
    4: "script",
    5: "output",
    7: "design",
    8: "cases",
    9: "optimizer",
    10: "temporary",
    11: "checkpoint",
    12: "snapshot",
}
TYPES: Mapping[str, int] = {role: number for number, role in ROLES.items()}


def type_of(role: str) -> int:
    """The number for a role; roles of other doors count as inputs."""
    return TYPES.get(role, 1)
