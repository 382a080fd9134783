"""The handlers of what only Linux hosts have: stat, modes and owners, access lists."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dragoman.core.errors import Broken, Unsupported
from dragoman.dialects.tapis3.door import DOOR, Call, Route
from dragoman.dialects.tapis3.file_ops import done, place
from dragoman.dialects.tapis3.job_fields import Check, Faults, Shape, one_of, text
from dragoman.dialects.tapis3.read_file import read_body
from dragoman.dialects.tapis3.write_file import write_access_list, write_ran, write_stat

_NO_PROGRAM = 127
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.@\-]{0,63}"
_ARGUMENTS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "CHMOD": (re.compile(r"0?[0-7]{1,3}"), "Write permission bits in octal, at most 777."),
    "CHOWN": (re.compile(f"{_NAME}(:{_NAME})?"), "Write the name or number of a user."),
    "CHGRP": (re.compile(_NAME), "Write the name or number of a group."),
}
_NATIVE = Shape(fields={"operation": one_of(*_ARGUMENTS), "argument": text(1, 200)}, required=("operation", "argument"))
_OPTIONS = {"ADD": "-m", "REMOVE": "-x", "REMOVE_DEFAULT": "-k", "REMOVE_ALL": "-b"}
_RECURSION = {"NONE": [], "PHYSICAL": ["-R", "-P"], "LOGICAL": ["-R", "-L"]}
_ACL = re.compile(r"[A-Za-z0-9_.:,@\-]+")
_ACL_TEXT: Check = text(0, 4096)
_LIST = Shape(
    fields={"operation": one_of(*_OPTIONS), "recursionMethod": one_of(*_RECURSION), "aclString": _ACL_TEXT},
    required=("operation",),
)


async def stat_info(call: Call) -> Response:
    """What the host tells of a path."""
    system, path = place(call)
    follow = call.flag("followLinks")
    found, host_path = await call.desk.places.facts(call.who, DOOR, system, path, follow=follow)
    return done("getStatInfo", system, path, write_stat(found, host_path))


async def native(call: Call) -> Response:
    """Change mode, owner or group by the host's own programs."""
    system, path = place(call)
    operation, argument = _read_native(await call.json())
    natives = call.desk.natives
    verb = {"CHMOD": natives.change_mode, "CHOWN": natives.change_owner, "CHGRP": natives.change_group}[operation]
    ran = await verb(call.who, DOOR, system, path, argument, deep=call.flag("recursive"))
    return done(operation, system, path, write_ran(ran))


def _read_native(body: Mapping[str, Any]) -> tuple[str, str]:
    read = read_body(body, _NATIVE)
    form, why = _ARGUMENTS[read["operation"]]
    faults = Faults()
    if not form.fullmatch(read["argument"]):
        faults.add(("argument",), why)
    faults.tell()
    return read["operation"], read["argument"]


async def read_list(call: Call) -> Response:
    """The access list of a path."""
    system, path = place(call)
    ran = await call.desk.natives.read_list(call.who, DOOR, system, path)
    if ran.done.code == _NO_PROGRAM:
        raise Unsupported(f"The host of the system {system} has no access lists.")
    if ran.done.code:
        raise Broken(f"The host did not tell: {ran.done.err.decode(errors='replace').strip()}")
    return done("getFacl", system, path, write_access_list(ran.done.out.decode(errors="replace")))


async def change_list(call: Call) -> Response:
    """Change the access list of a path."""
    system, path = place(call)
    options = _read_list(await call.json())
    ran = await call.desk.natives.change_list(call.who, DOOR, system, path, options)
    return done("setFacl", system, path, write_ran(ran))


def _read_list(body: Mapping[str, Any]) -> list[str]:
    read = read_body(body, _LIST)
    recursion = _RECURSION[read.get("recursionMethod", "NONE")]
    option = _OPTIONS[read["operation"]]
    if read["operation"] in {"REMOVE_DEFAULT", "REMOVE_ALL"}:
        return [*recursion, option]
    faults, entries = Faults(), read.get("aclString", "")
    if not _ACL.fullmatch(entries):
        faults.add(("aclString",), "Write entries such as user:ann:rwx, with commas between them.")
    faults.tell()
    return [*recursion, option, entries]


PATH = "files/utils/linux/{systemId}/{path:path}"
LIST = "files/utils/linux/facl/{systemId}/{path:path}"

ROUTES: tuple[Route, ...] = (
    Route(method="GET", path=LIST, handler=read_list),
    Route(method="POST", path=LIST, handler=change_list),
    Route(method="GET", path=PATH, handler=stat_info),
    Route(method="POST", path=PATH, handler=native),
)
