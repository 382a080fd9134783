"""What a choice of hardware comes to: nodes, memory, and the variables and host files that commands expect. Pure.

The formulas are those of docs/dialects/rescale.md#hardware.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.dialects.rescale.offers import CoreType

STORAGE_PER_CORE = 4000
HOST = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What one analysis of a job asks for; walltime in hours, None for no limit."""

    core_type: CoreType
    cores_per_slot: int
    slots: int
    walltime: int | None

    @property
    def nodes(self) -> int:
        """How many nodes hold all slots."""
        return math.ceil(self.cores_per_slot * self.slots / self.core_type.cores[-1])

    @property
    def nodes_per_slot(self) -> int:
        """How many nodes one slot spans."""
        return math.ceil(self.cores_per_slot / self.core_type.cores[-1])

    @property
    def cores_per_node(self) -> int:
        """How many cores of each node are used."""
        return min(self.cores_per_slot * self.slots, self.core_type.cores[-1])

    @property
    def slots_per_node(self) -> int:
        """How many slots share a node; at least one."""
        return max(1, self.cores_per_node // self.cores_per_slot)

    @property
    def gpus_per_slot(self) -> int:
        """How many GPUs one run has."""
        return self.core_type.gpus(self.cores_per_slot) * self.nodes_per_slot


def core_summary(hardware: Hardware) -> dict[str, int]:
    """The ``coreSummary`` of an answer: nodes, megabytes of memory and of storage for each."""
    return {
        "numberOfNodes": hardware.nodes,
        "memoryPerNode": hardware.core_type.memory * hardware.cores_per_node,
        "storagePerNode": STORAGE_PER_CORE * hardware.cores_per_node,
    }


def variables(hardware: Hardware) -> Mapping[str, str]:
    """The RESCALE_* variables that follow from the hardware alone."""
    slot, node = hardware.cores_per_slot, hardware.cores_per_node
    return {
        "RESCALE_CORES_PER_SLOT": str(slot),
        "RESCALE_CORES_PER_NODE": str(node),
        "RESCALE_NODES_PER_SLOT": str(hardware.nodes_per_slot),
        "RESCALE_SLOTS_PER_NODE": str(hardware.slots_per_node),
        "RESCALE_THREADS_PER_SLOT": str(slot),
        "RESCALE_THREADS_PER_NODE": str(node),
        "RESCALE_GPUS_PER_SLOT": str(hardware.gpus_per_slot),
        "RESCALE_GPUS_PER_NODE": str(hardware.gpus_per_slot * hardware.slots_per_node // hardware.nodes_per_slot),
        "RESCALE_CORE_TYPE": hardware.core_type.code,
        "RESCALE_PROVIDER": hardware.core_type.system,
        "RESCALE_INTERCONNECT": "none",
        "RESCALE_PREFERRED_REMSH": "ssh",
        "RESCALE_IG_RESTART_COUNT": "0",
    }


def home_files(hardware: Hardware) -> Mapping[str, str]:
    """The host lists in the job's home directory; a line for each core, which every MPI reads as one place."""
    return {"machinefile": f"{HOST}\n" * hardware.cores_per_slot, "mpd.hosts": f"{HOST}\n", "hosts": f"{HOST}\n"}
