"""Which queue a job goes to, and what it asks of it: the request first, then the app, then the queue. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from dragoman.dialects.tapis2.amounts import clock, seconds
from dragoman.dialects.tapis2.errors import Refused
from dragoman.dialects.tapis2.read_job import Asked

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a job asks for."""

    nodes: int
    processors: int
    """All together."""
    gigabytes: float
    """On each node; 0: nothing was said."""
    seconds: int | None

    @property
    def each(self) -> int:
        """Processors on each node."""
        return ceil(self.processors / self.nodes)


def choose(asked: Asked, app: Json, system_id: str, queues: Sequence[Json], app_id: str) -> tuple[Json, Needs]:
    """The queue, and what the job asks of it. Raises Refused."""
    needs = _needs(asked, app)
    candidates = _candidates(asked, app, system_id, queues, app_id)
    for queue in candidates:
        if _fits(needs, queue):
            return queue, _filled(needs, queue)
    time, memory = clock(needs.seconds) or "unlimited", f"{needs.gigabytes:g}GB"
    why = (
        f"No queue found on execution system {system_id} to support jobs requiring {needs.nodes} nodes with {memory} "
        f"memmory and {needs.each} processors per node, and a max run time of {time}."
    )
    raise Refused(400, why)


def _needs(asked: Asked, app: Json) -> Needs:
    nodes = 1 if app["parallelism"] == "SERIAL" else asked.nodes or app["defaultNodeCount"] or 1
    if asked.processors_each:
        processors = nodes * asked.processors_each
    else:
        processors = asked.processors or app["defaultProcessorsPerNode"] or 1
    time = app["defaultMaxRunTime"]
    return Needs(
        nodes=nodes,
        processors=processors,
        gigabytes=asked.gigabytes if asked.gigabytes is not None else app["defaultMemoryPerNode"] or 0.0,
        seconds=asked.seconds or (seconds(time) if time else None),
    )


def _candidates(asked: Asked, app: Json, system_id: str, queues: Sequence[Json], app_id: str) -> list[Json]:
    known = {queue["name"]: queue for queue in queues}
    if asked.queue:
        if asked.queue not in known:
            why = f"Invalid batchQueue. No batch queue named {asked.queue} is defined on system {system_id}"
            raise Refused(400, why)
        return [known[asked.queue]]
    if app["defaultQueue"]:
        if app["defaultQueue"] not in known:
            why = (
                f'No queue matching the default queue, "{app["defaultQueue"]}," specified by the requested app, '
                f"{app_id}, is not defined on the execution system {system_id}"
            )
            raise Refused(400, why)
        return [known[app["defaultQueue"]]]
    return sorted(queues, key=lambda queue: (not queue["default"], queue["name"]))


def _fits(needs: Needs, queue: Json) -> bool:
    limit = seconds(queue["maxRequestedTime"]) if queue.get("maxRequestedTime") else None
    asked = (
        (needs.nodes, queue.get("maxNodes")),
        (needs.each, queue.get("maxProcessorsPerNode")),
        (needs.gigabytes, queue.get("maxMemoryPerNode")),
        (needs.seconds, limit),
    )
    return all(most is None or wanted is None or wanted <= most for wanted, most in asked)


def _filled(needs: Needs, queue: Json) -> Needs:
    limit = seconds(queue["maxRequestedTime"]) if queue.get("maxRequestedTime") else None
    return Needs(
        nodes=needs.nodes,
        processors=needs.processors,
        gigabytes=needs.gigabytes or queue.get("maxMemoryPerNode") or 0.0,
        seconds=needs.seconds or limit,
    )
