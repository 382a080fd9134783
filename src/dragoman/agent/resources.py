"""What plugins ask for and what a node has: processor time, memory, accelerators. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dragoman.core.errors import Invalid

_QUANTITY = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(m|k|Ki|M|Mi|G|Gi|T|Ti|)", re.ASCII)
_FACTORS: Mapping[str, float] = {
    "m": 1e-3,
    "": 1,
    "k": 1e3,
    "Ki": 1 << 10,
    "M": 1e6,
    "Mi": 1 << 20,
    "G": 1e9,
    "Gi": 1 << 30,
    "T": 1e12,
    "Ti": 1 << 40,
}
GPU = "resource.gpu"
"""The label of a plugin that wants an accelerator, and of a node that has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Processors in thousandths, memory in bytes, accelerators by number."""

    cpu: int = 0
    memory: int = 0
    gpu: int = 0

    def fits(self, room: "Need") -> bool:
        """Whether there is room for it."""
        return self.cpu <= room.cpu and self.memory <= room.memory and self.gpu <= room.gpu

    def __add__(self, other: "Need") -> "Need":
        return Need(cpu=self.cpu + other.cpu, memory=self.memory + other.memory, gpu=self.gpu + other.gpu)

    def __sub__(self, other: "Need") -> "Need":
        return Need(cpu=self.cpu - other.cpu, memory=self.memory - other.memory, gpu=self.gpu - other.gpu)


USUAL = Need(cpu=500, memory=300 << 20)
"""What is set aside for a plugin that says nothing."""
USUAL_LIMIT = Need(memory=1 << 30)
"""What such a plugin may take; 0: no limit."""


def quantity(text: str) -> float:
    """A figure such as ``500m``, ``2``, ``300Mi`` or ``1.5G``. Raises Invalid."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise Invalid.field("resource", why=f"{text[:50]} is no quantity. Write 500m, 2, 300Mi or 1G.")
    return float(match[1]) * _FACTORS[match[2]]


def request(resource: Mapping[str, str], selector: Mapping[str, str]) -> Need:
    """What is set aside for a plugin. Raises Invalid."""
    cpu = resource.get("request.cpu")
    memory = resource.get("request.memory")
    gpu = resource.get("limit.gpu") or resource.get("request.gpu")
    return Need(
        cpu=round(1000 * quantity(cpu)) if cpu else USUAL.cpu,
        memory=round(quantity(memory)) if memory else USUAL.memory,
        gpu=round(quantity(gpu)) if gpu else int(selector.get(GPU) == "true"),
    )


def limit(resource: Mapping[str, str]) -> Need:
    """What a plugin may take at the most; 0: as much as there is. Raises Invalid."""
    cpu, memory = resource.get("limit.cpu"), resource.get("limit.memory")
    return Need(
        cpu=round(1000 * quantity(cpu)) if cpu else USUAL_LIMIT.cpu,
        memory=round(quantity(memory)) if memory else USUAL_LIMIT.memory,
    )


def total(needs: Iterable[Need]) -> Need:
    """All of them together."""
    whole = Need()
    for need in needs:
        whole += need
    return whole
