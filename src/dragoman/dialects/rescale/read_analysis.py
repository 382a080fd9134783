"""Reads one entry of ``jobanalyses``: software, hardware, commands, variables and inputs. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragoman.core.job import DraftInput
from dragoman.dialects.rescale.fields import NO_TEXT, REQUIRED, Fields, text_fault
from dragoman.dialects.rescale.hardware import Hardware
from dragoman.dialects.rescale.offers import Analysis, CoreType, Offers, Version

COMMAND_BYTES = 100_000
"""An argument of a program may be 128 KiB long, and a command is one."""
VARIABLES_CHARACTERS = 250_000
MOST_CORES = 16_384
MOST_SLOTS = 10_000
MOST_HOURS = 336
MOST_INPUTS = 10_000
"""Of all analyses of a job together."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One analysis of a job, understood."""

    analysis: Analysis
    version: Version
    hardware: Hardware
    commands: tuple[str, ...]
    use_mpi: bool
    variables: Mapping[str, str]
    """The ``envVars`` of the request."""
    inputs: tuple[DraftInput, ...]


def read_part(item: Fields, offers: Offers) -> Part | None:
    """The analysis, or None and the complaints noted."""
    chosen = _read_version(item, offers)
    hardware = _read_hardware(item, offers, chosen[1] if chosen else None)
    command = item.text("command", required=True, trim=False, most=COMMAND_BYTES)
    before, before_script = _read_script(item, "preProcessScript")
    after, after_script = _read_script(item, "postProcessScript")
    files = item.children("inputFiles", most=MOST_INPUTS)
    inputs = tuple(_read_input(one, unpack=one.flag("decompress", default=True)) for one in files)
    variables = _read_variables(item)
    use_mpi = item.flag("useMpi")
    item.flag("useRescaleLicense")
    if chosen is None or hardware is None:
        return None
    return Part(
        analysis=chosen[0],
        version=chosen[1],
        hardware=hardware,
        commands=(*before, command, *after),
        use_mpi=use_mpi,
        variables=variables,
        inputs=(*inputs, *before_script, *after_script),
    )


def one_of(codes: tuple[str, ...]) -> str:
    """The end of a complaint: what would have been right."""
    return f"Allowed values: {', '.join(codes)}." if codes else "There is none at present."


def _read_version(item: Fields, offers: Offers) -> tuple[Analysis, Version] | None:
    asked = item.child("analysis", required=True)
    if asked is None:
        return None
    code, wanted = asked.text("code", required=True), asked.text("version")
    if not code.strip():
        return None
    analysis = offers.analyses.get(code)
    if analysis is None:
        asked.fault("code", f'There is no analysis "{code}". {one_of(tuple(offers.analyses))}')
        return None
    version = analysis.version(wanted)
    if version is None:
        codes = one_of(tuple(one.code for one in analysis.versions))
        asked.fault("version", f"The specified version is not available. {codes}")
        return None
    return analysis, version


def _read_hardware(item: Fields, offers: Offers, version: Version | None) -> Hardware | None:
    asked = item.child("hardware", required=True)
    if asked is None:
        return None
    core_type = _read_core_type(asked, offers, version)
    cores = asked.integer("coresPerSlot", required=True, most=MOST_CORES)
    slots = asked.integer("slots", most=MOST_SLOTS)
    walltime = _read_walltime(asked, core_type)
    if asked.text("type") not in ("", "compute"):
        asked.fault("type", 'Only hardware of type "compute" is offered: there are no interactive sessions.')
    if core_type is None or cores is None:
        return None
    if not core_type.offers(cores):
        sizes = ", ".join(map(str, core_type.cores))
        why = f"{core_type.code} has no {cores} cores. Allowed values: {sizes} or a multiple of {core_type.cores[-1]}."
        asked.fault("coresPerSlot", why)
    return Hardware(core_type=core_type, cores_per_slot=cores, slots=slots or 1, walltime=walltime)


def _read_core_type(asked: Fields, offers: Offers, version: Version | None) -> CoreType | None:
    is_object = isinstance(asked.get("coreType"), dict)
    holder = asked.child("coreType") if is_object else asked
    if holder is None:
        return None
    code = holder.text("code" if is_object else "coreType", required=True)
    if not code.strip():
        return None
    usable = [one for one in offers.usable_core_types() if version is None or one in version.core_types]
    if code in usable:
        return offers.core_types[code]
    why = f"{code} does not run this analysis." if code in offers.usable_core_types() else f"No core type is {code}."
    asked.fault("coreType", f"{why} {one_of(tuple(usable))}")
    return None


def _read_walltime(asked: Fields, core_type: CoreType | None) -> int | None:
    walltime = asked.integer("walltime", most=1 << 31)
    if walltime is not None and walltime > MOST_HOURS:
        asked.fault("walltime", f"The walltime is in hours, and at most {MOST_HOURS} (14 days).")
    if asked.get("walltime") is None and core_type is not None and core_type.walltime_required:
        asked.fault("walltime", REQUIRED)
    return walltime


def _read_input(item: Fields, *, unpack: bool) -> DraftInput:
    return DraftInput(alias=item.text("id", required=True), where=(*item.path, "id"), unpack=unpack)


def _read_script(item: Fields, key: str) -> tuple[tuple[str, ...], tuple[DraftInput, ...]]:
    command = item.text(f"{key}Command", trim=False, most=COMMAND_BYTES)
    script = item.child(key)
    if script is not None and not command.strip() and item.is_fine(f"{key}Command"):
        item.fault(f"{key}Command", f"This field is required together with {key}.")
    if script is None and command.strip():
        item.fault(key, f"This field is required together with {key}Command.")
    commands = (command,) if command.strip() else ()
    return commands, () if script is None else (_read_input(script, unpack=False),)


def _read_variables(item: Fields) -> dict[str, str]:
    asked = item.child("envVars")
    given: Mapping[str, Any] = item.get("envVars") if asked is not None and asked.is_object else {}
    for name, value in given.items():
        if why := _variable_fault(name, value):
            item.faults.add((*item.path, "envVars", name), why)
    variables = {name: str(value) for name, value in given.items()}
    if sum(len(name) + len(value) for name, value in variables.items()) > VARIABLES_CHARACTERS:
        item.fault("envVars", f"All variables together may have {VARIABLES_CHARACTERS} characters.")
    return variables


def _variable_fault(name: str, value: Any) -> str | None:
    if not _NAME.fullmatch(name):
        return "A variable's name has only letters, digits and underscores, and begins with no digit."
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return NO_TEXT
    if len(str(value)) * 4 > COMMAND_BYTES and len(str(value).encode(errors="replace")) > COMMAND_BYTES:
        return f"Ensure this field has no more than {COMMAND_BYTES} bytes."
    return text_fault(str(value))
