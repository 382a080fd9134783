"""A request for a job becomes a draft in our words."""

from typing import Any

import pytest

from dragoman.core.job import OutputRule
from dragoman.dialects.rescale.write import write_job
from tests.rescale.examples import BASIC, ORIGIN, analysis, draft, file, request, view


def test_basic_job_asks_for_one_slot_of_the_system_behind_its_core_type() -> None:
    """The core type names the system and its queue; one core in one slot is one node without a time limit."""
    resources = draft(BASIC).workload.resources
    assert ("local", "default", 1, 1, 1, None) == (
        resources.system,
        resources.queue,
        resources.cores,
        resources.nodes,
        resources.at_once,
        resources.walltime,
    )


def test_basic_job_unpacks_its_input_and_runs_its_command() -> None:
    """An input is unpacked unless the request says otherwise; the command is taken as it is."""
    made = draft(BASIC)
    assert ["./airFoil2D/Allrun"] == [step.command for step in made.workload.steps]
    assert [("XkpTse", True, ("jobanalyses", 0, "inputFiles", 0, "id"))] == [
        (item.alias, item.unpack, item.where) for item in made.inputs
    ]


def test_steps_get_variables_from_hardware_job_app_and_request() -> None:
    """What the request sets counts most, then what the app sets."""
    asked = request(analysis(envVars={"LICENSE": "1055@host", "RESCALE_CORE_TYPE": "mine"}, useMpi=True))
    environment = draft(asked).workload.steps[0].environment
    expected = {
        "RESCALE_JOB_ID": "QTViaX",
        "RESCALE_API_BASE_URL": ORIGIN,
        "RESCALE_CORES_PER_SLOT": "1",
        "RESCALE_GPUS_PER_SLOT": "0",
        "RESCALE_CORE_TYPE": "mine",
        "FROM_APP": "user_included",
        "USE_MPI": "true",
        "LICENSE": "1055@host",
    }
    assert expected == {name: environment[name] for name in expected}


def test_hardware_of_several_nodes_is_counted_in_nodes() -> None:
    """Sixteen cores of a type with at most eight are two nodes; two slots of them are four."""
    hardware = {"coreType": {"code": "gpu"}, "coresPerSlot": "16", "slots": 2, "walltime": 3}
    made = draft(request(analysis(hardware=hardware)))
    resources, environment = made.workload.resources, made.workload.steps[0].environment
    assert (16, 4, 2, 3 * 3600) == (resources.cores, resources.nodes, resources.at_once, resources.walltime)
    assert ("2", "8", "4", "2") == tuple(
        environment[f"RESCALE_{name}"]
        for name in ("NODES_PER_SLOT", "CORES_PER_NODE", "GPUS_PER_SLOT", "GPUS_PER_NODE")
    )
    assert 16 * "localhost\n" == made.workload.home_files["machinefile"]


def test_scripts_run_around_the_command_and_are_not_unpacked() -> None:
    """A script comes along as it is; its own command runs before or after."""
    scripts = {
        "preProcessScript": {"id": "ScrIpt"},
        "preProcessScriptCommand": "sh pre.sh",
        "postProcessScript": {"id": "PostSc"},
        "postProcessScriptCommand": "sh post.sh",
    }
    made = draft(request(analysis(**scripts), analysis(command="# ")))
    assert ["sh pre.sh", "echo one", "sh post.sh", "# "] == [step.command for step in made.workload.steps]
    assert [("ScrIpt", False), ("PostSc", False)] == [(item.alias, item.unpack) for item in made.inputs]


def test_a_file_named_twice_is_one_input() -> None:
    """The first mention of a file decides how it is put in place."""
    files = [{"id": "AAAAAA", "decompress": False}, {"id": "BBBBBB"}]
    made = draft(request(analysis(inputFiles=files), analysis(inputFiles=[{"id": "AAAAAA"}])))
    assert [("AAAAAA", False), ("BBBBBB", True)] == [(item.alias, item.unpack) for item in made.inputs]


@pytest.mark.parametrize("version", ["", None, "2.3.0", "2.3.0-openmpi"])
def test_version_may_be_left_out_or_told_by_its_display_name(version: str | None) -> None:
    """Without a version the newest counts; a display name will do when only one version has it."""
    made = draft(request(analysis(analysis={"code": "openfoam", "version": version})))
    assert {"code": "openfoam", "version": "2.3.0-openmpi", "name": "OpenFOAM", "versionName": "2.3.0"} == made.notes[
        "resolved"
    ][0]["analysis"]


def test_snake_case_keys_are_understood_but_never_inside_free_maps() -> None:
    """Clients send input_files and cores_per_slot; a variable's name is the user's own."""
    asked = request(
        analysis(
            hardware={"core_type": "standard-plus", "cores_per_slot": 2},
            input_files=[{"id": "AAAAAA"}],
            env_vars={"my_var": "1"},
        ),
        is_low_priority=True,
    )
    made = draft(asked)
    assert (2, True, "AAAAAA") == (made.workload.resources.cores, made.notes["isLowPriority"], made.inputs[0].alias)
    assert "1" == made.workload.steps[0].environment["my_var"]


def test_unknown_keys_are_ignored_wherever_they_stand() -> None:
    """Old and new clients send keys that mean nothing here."""
    hardware = {"coreType": "standard-plus", "coresPerSlot": 1, "cores": 1, "walltime": 48, "isReusable": True}
    asked = request(analysis(hardware=hardware, useMPI=False, isCustomDoe=False), isTemplate=False, clonedFrom="abc")
    assert 48 * 3600 == draft(asked).workload.resources.walltime


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, ()),
        ([], ()),
        ([{"selector": "Input files", "include": True}], (OutputRule(kind="input"),)),
        (
            [{"selector": "*.tmp", "include": False, "caseSensitive": True}],
            (
                OutputRule(kind="generated"),
                OutputRule(kind="template"),
                OutputRule(kind="input"),
                OutputRule(kind="glob", include=False, pattern="*.tmp", case_sensitive=True),
            ),
        ),
    ],
)
def test_filters_become_output_rules(filters: Any, expected: tuple[OutputRule, ...]) -> None:
    """Filters that keep all kinds are no rules; who only excludes keeps the rest."""
    assert expected == draft(request(resourceFilters=filters)).workload.outputs


def test_a_job_as_it_is_answered_can_be_posted_again() -> None:
    """There is no clone operation: clients post the answer of GET back, and get the same job."""
    asked = request(
        analysis(inputFiles=[{"id": "XkpTse", "decompress": False}], envVars={"A": "1"}, flags={"igCv": True}),
        analysis(analysis={"code": "openfoam"}),
        tags=["one"],
        description="why",
    )
    first = draft(asked)
    again = draft(write_job(view(asked, file()), origin=ORIGIN))
    assert (first.name, first.workload, first.inputs, first.notes) == (
        again.name,
        again.workload,
        again.inputs,
        again.notes,
    )


def test_letter_is_kept_word_for_word() -> None:
    """The request stays as it came, with its unknown keys."""
    made = draft(request(strange={"deep": [1]}))
    assert '"strange": {"deep": [1]}' in made.letter
