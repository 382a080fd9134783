"""Reads what requests about transfers ask. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.paths import WEB, address, read_uri
from dragoman.core.transfers import Element
from dragoman.dialects.tapis3.job_fields import Each, Faults, Shape, flag, one_of, read_shape, text

SCHEME = "tapis"
MOST = 10_000
"""Elements of one request; as many as files are copied at most."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FOR_SERVICES = frozenset({"srcSharedCtx", "destSharedCtx"})
_ELEMENT = Shape(
    fields={
        "sourceURI": text(1, 8192),
        "destinationURI": text(1, 8192),
        "optional": flag,
        "transferType": one_of("TRANSFER"),
    },
    required=("sourceURI", "destinationURI"),
    tolerated=_FOR_SERVICES,
)
_TRANSFER = Shape(fields={"tag": text(0, 1024), "elements": Each(shape=_ELEMENT, least=1)}, required=("elements",))


def read_transfer(body: Mapping[str, Any]) -> tuple[str, list[Element]]:
    """Tag and elements of a transfer. Raises Invalid with all that is wrong."""
    faults = Faults()
    known = {name: value for name, value in body.items() if name in _TRANSFER.fields}
    read = read_shape(known, _TRANSFER, (), faults)
    elements = read.get("elements", [])
    if len(elements) > MOST:
        faults.add(("elements",), f"At most {MOST}, please.")
    faults.tell()
    found = [_element(number, element, faults) for number, element in enumerate(elements)]
    faults.tell()
    return read.get("tag", ""), found


def _element(number: int, element: Mapping[str, Any], faults: Faults) -> Element:
    source = _address(element["sourceURI"], (SCHEME, *WEB), ("elements", number, "sourceURI"), faults)
    target = _address(element["destinationURI"], (SCHEME,), ("elements", number, "destinationURI"), faults)
    return Element(source=source, target=target, optional=element.get("optional", False))


def _address(uri: str, schemes: tuple[str, ...], path: tuple[str | int, ...], faults: Faults) -> str:
    try:
        read = read_uri(uri)
    except Invalid as problem:
        faults.add(path, " ".join(problem.fields[("uri",)]))
        return ""
    if read.scheme not in schemes:
        faults.add(path, f"This must begin with {' or '.join(f'{one}://' for one in schemes)}.")
    return uri if read.is_web else address(read.host, read.path)


def read_id(text_: str) -> str:
    """The id of a transfer. Raises Invalid for what cannot be one."""
    if not _UUID.fullmatch(text_):
        raise Invalid.field("transferTaskId", why="This is no UUID.")
    return text_.lower()
