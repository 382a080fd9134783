"""What nodes in the field upload, and whose data are whose. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.core.errors import Invalid
from dragoman.core.field import Node
from dragoman.core.measurements import EARLIEST

UPLOAD = "upload"
"""The name of the measurement that tells of an upload; its value is where the bytes are."""

_NAME_BYTES = 200
_OBJECT = re.compile(r"([0-9]{18,19})-([^/\x00-\x1f\x7f\ud800-\udfff]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that a node uploads: when it was made, what it is called, and the meta of the measurement about it."""

    at: int
    filename: str
    meta: Mapping[str, str]

    @property
    def object(self) -> str:
        """The last part of its place: time and name."""
        return f"{self.at}-{self.filename}"


def own_meta(meta: Mapping[str, str], node: Node) -> dict[str, str]:
    """The meta with the node's own names in it. Raises Invalid when it claims to be another node's."""
    own = {"node": node.name, "vsn": node.vsn}
    for key, value in own.items():
        if meta.get(key, value) != value:
            raise Invalid.field("meta", key, why=f"This node's is {value}.")
    return {**meta, **own}


def is_object(text: str) -> bool:
    """Whether an upload could be called so."""
    return _OBJECT.fullmatch(text) is not None


def read_object(text: str) -> tuple[int, str]:
    """Time and file name of an object such as ``1661279233562104000-snap.jpg``. Raises Invalid."""
    match = _OBJECT.fullmatch(text)
    if match is None or int(match[1]) < EARLIEST or match[2] in {".", ".."} or len(match[2].encode()) > _NAME_BYTES:
        why = f"An upload is called TIME-NAME: nanoseconds since 1970, and a file name of at most {_NAME_BYTES} bytes."
        raise Invalid.field("upload", why=why)
    return int(match[1]), match[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLog:
    """What a plugin's run has written on a node."""

    id: int
    run: str
    """The run's name: that of its plugin, a hyphen, and six characters."""
    plugin: str
    node: str
    """The VSN."""
    size: int
    """Bytes that were kept: the last ones."""
    kept_at: int
    """When it came here; microseconds since 1970, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which logs of a job are asked for."""

    node: str | None = None
    """A VSN, in any letter case."""
    plugin: str | None = None
    before: int | None = None
    """Only those whose id is lower."""
    most: int = 100


def plugin_of(run: str) -> str:
    """The name of the plugin that a run was one of."""
    return run.rpartition("-")[0]
