"""Where uploads lie, as people address them: job, task with the version of its plugin, node, and TIME-NAME. Pure."""

import re

from dragoman.core.field import Node
from dragoman.core.uploads import Upload, is_object

_MOST = 128
_WORD = re.compile(rf"(?!\.\.?\Z)[A-Za-z0-9._-]{{1,{_MOST}}}")
_OTHER = re.compile(r"[^A-Za-z0-9._-]+")


def place_of(upload: Upload, node: Node) -> str:
    """Where an upload of a node lies, by its meta."""
    job, task = upload.meta.get("job") or "sage", upload.meta.get("task") or "none"
    tag = upload.meta.get("plugin", "").rpartition("/")[2].partition(":")[2] or "latest"
    return "/".join((_word(job), _word(f"sage-{task}-{tag}"), _word(node.name), upload.object))


def node_of(place: str) -> str | None:
    """The name of the node whose upload could lie there; None: nothing can."""
    *parts, last = place.split("/", 3)
    if len(parts) != 3 or not all(map(_WORD.fullmatch, parts)) or not is_object(last):
        return None
    return parts[2]


def _word(text: str) -> str:
    word = _OTHER.sub("-", text)[:_MOST]
    return word if _WORD.fullmatch(word) else "-"
