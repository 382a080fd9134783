"""Reads a job as a request describes it into our words, complaining about all of its faults at once. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.core.errors import Invalid
from dragoman.core.job import Draft, DraftInput, LogStyle, OutputRule, Resources, Step, Workload
from dragoman.dialects.rescale.fields import Fields, camel
from dragoman.dialects.rescale.hardware import core_summary, home_files, variables
from dragoman.dialects.rescale.ids import cluster_id
from dragoman.dialects.rescale.offers import FACET, Offers
from dragoman.dialects.rescale.outputs import read_outputs
from dragoman.dialects.rescale.read_analysis import MOST_INPUTS, Part, read_part
from dragoman.dialects.rescale.read_notes import NAME_BYTES, NOTES, read_notes

MOST_ANALYSES = 100
JOB_ID, CLUSTER_ID = "RESCALE_JOB_ID", "RESCALE_CLUSTER_ID"
"""Variables that differ from job to job."""

LOG = LogStyle(
    name="process_output.log",
    stamp=True,
    opening="Launching {command}, Working dir: {directory}.  Process output follows:",
    closing=("Exited with code {code}", ""),
)
REFUSED: Mapping[str, str] = {
    "paramFile": "Parameter files are not supported: create one job for each case.",
    "jobvariables": "Job variables are not supported: create one job for each case.",
    "caseFile": "Case files are not supported: create one job for each case.",
    "monteCarloIterations": "Monte Carlo iterations are not supported.",
    "includeNominalRun": "Nominal runs are not supported.",
    "isTemplateDryRun": "Template dry runs are not supported.",
    "optimizer": "Optimization jobs are not supported.",
    "jobAutomations": "Automations are not supported.",
}
REFUSED_IN_ANALYSIS: Mapping[str, str] = {
    "templateTasks": "Templates are not supported: upload the files as they should be.",
    "inputFolders": "Input folders are not supported: name the files in inputFiles.",
}


def read_draft(asked: Any, *, letter: str, alias: str, origin: str, offers: Offers) -> Draft:
    """The job that a request asks for, under a new id. Raises Invalid with every fault, by path."""
    body = Fields(asked)
    name = body.text("name", required=True, most=NAME_BYTES)
    parts = _read_parts(body, offers)
    outputs = read_outputs(body)
    notes = read_notes(body)
    _refuse(body, REFUSED)
    if body.faults:
        raise Invalid(body.faults)
    return Draft(
        door=FACET,
        alias=alias,
        name=name,
        letter=letter,
        workload=_workload(parts, outputs, _variables_of_job(alias, origin)),
        inputs=_inputs(parts),
        notes={**NOTES, **notes, "resolved": [_resolved(part) for part in parts]},
    )


def read_letter(letter: str) -> dict[str, Any]:
    """A stored request, with the names of its fields as this door writes them."""
    found: dict[str, Any] = camel(json.loads(letter))
    return found


def _read_parts(body: Fields, offers: Offers) -> list[Part]:
    items = list(body.children("jobanalyses", required=True, most=MOST_ANALYSES))
    if sum(item.count("inputFiles") for item in items) > MOST_INPUTS:
        body.fault("jobanalyses", f"A job has at most {MOST_INPUTS} input files.")
        return []
    for item in items:
        _refuse(item, REFUSED_IN_ANALYSIS)
    read = [(item, part) for item in items if (part := read_part(item, offers))]
    parts = [part for _, part in read]
    for item, part in read:
        if part.hardware.core_type != parts[0].hardware.core_type:
            why = f"All analyses of a job share one cluster: use {parts[0].hardware.core_type.code} here too."
            body.faults.add((*item.path, "hardware", "coreType"), why)
    return parts


def _refuse(body: Fields, refused: Mapping[str, str]) -> None:
    for key, why in refused.items():
        if body.get(key):
            body.fault(key, why)


def _workload(parts: Sequence[Part], outputs: tuple[OutputRule, ...], fixed: Mapping[str, str]) -> Workload:
    return Workload(
        steps=tuple(step for part in parts for step in _steps(part, fixed)),
        resources=_resources(parts),
        log=LOG,
        home_files=home_files(parts[0].hardware),
        key_variable="RESCALE_API_KEY",
        outputs=outputs,
    )


def _variables_of_job(alias: str, origin: str) -> dict[str, str]:
    return {JOB_ID: alias, CLUSTER_ID: cluster_id(alias), "RESCALE_API_BASE_URL": origin}


def _steps(part: Part, fixed: Mapping[str, str]) -> list[Step]:
    environment = {
        **variables(part.hardware),
        **fixed,
        "USE_MPI": str(part.use_mpi).lower(),
        **part.version.environment,
        **part.variables,
    }
    return [Step(command=command, environment=environment) for command in part.commands]


def _resources(parts: Sequence[Part]) -> Resources:
    first = parts[0].hardware
    hours = [part.hardware.walltime for part in parts]
    limited = [limit for limit in hours if limit is not None]
    return Resources(
        system=first.core_type.system,
        queue=first.core_type.queue,
        cores=max(part.hardware.cores_per_slot for part in parts),
        nodes=max(part.hardware.nodes for part in parts),
        at_once=max(part.hardware.slots for part in parts),
        walltime=max(limited) * 3600 if len(limited) == len(hours) else None,
    )


def _inputs(parts: Sequence[Part]) -> tuple[DraftInput, ...]:
    by_alias: dict[str, DraftInput] = {}
    for part in parts:
        for item in part.inputs:
            by_alias.setdefault(item.alias, item)
    return tuple(by_alias.values())


def _resolved(part: Part) -> dict[str, Any]:
    hardware = part.hardware
    return {
        "analysis": {
            "code": part.analysis.code,
            "version": part.version.code,
            "name": part.analysis.name,
            "versionName": part.version.name,
        },
        "hardware": {
            "coreType": hardware.core_type.code,
            "coresPerSlot": hardware.cores_per_slot,
            "slots": hardware.slots,
            "walltime": hardware.walltime,
            "coreSummary": core_summary(hardware),
        },
    }
