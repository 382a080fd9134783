"""A wrong request is told all of its faults at once, each under its own field, in the words clients know."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Invalid
from dragoman.core.job import Draft, workload_as_json, workload_from_json
from dragoman.dialects.rescale.body import read_json
from dragoman.dialects.rescale.errors import Refused, nest
from dragoman.dialects.rescale.fields import camel
from dragoman.dialects.rescale.write import write_job
from tests.rescale.examples import BASIC, ORIGIN, analysis, draft, request, view


def faults(asked: Any) -> Any:
    """The complaints about a request, nested like it."""
    with pytest.raises(Invalid) as caught:
        draft(asked)
    return nest(caught.value.fields, camel(asked))


REQUIRED = ["This field is required."]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"name": REQUIRED, "jobanalyses": REQUIRED}),
        (request(name=""), {"name": ["This field may not be blank."]}),
        (request(name=None), {"name": ["This field may not be null."]}),
        (request(name=True), {"name": ["Not a valid string."]}),
        (request(name="a\0b"), {"name": ["Null characters are not allowed."]}),
        (request(name="\ud800"), {"name": ["Surrogate characters are not allowed: U+D800."]}),
        ({"name": "n", "jobanalyses": []}, {"jobanalyses": ["This list may not be empty."]}),
        ({"name": "n", "jobanalyses": {}}, {"jobanalyses": ['Expected a list of items but got type "dict".']}),
        (
            {"name": "n", "jobanalyses": ["x"]},
            {"jobanalyses": [{"nonFieldErrors": ["Invalid data. Expected a dictionary, but got str."]}]},
        ),
        (request(analysis(command=None)), {"jobanalyses": [{"command": REQUIRED}]}),
        (request(analysis(command=" ")), {"jobanalyses": [{"command": ["This field may not be blank."]}]}),
        (request(analysis(hardware=None)), {"jobanalyses": [{"hardware": REQUIRED}]}),
        (request(analysis(), analysis(command=None)), {"jobanalyses": [{}, {"command": REQUIRED}]}),
        (request(analysis(command=None), analysis()), {"jobanalyses": [{"command": REQUIRED}, {}]}),
        (
            request(analysis(preProcessScript={"id": "ScrIpt"})),
            {"jobanalyses": [{"preProcessScriptCommand": ["This field is required together with preProcessScript."]}]},
        ),
        (
            request(analysis(envVars={"1A": "x", "B": None, "C": "ok"})),
            {
                "jobanalyses": [
                    {
                        "envVars": {
                            "1A": [
                                "A variable's name has only letters, digits and underscores, and begins with no digit."
                            ],
                            "B": ["Not a valid string."],
                        }
                    }
                ]
            },
        ),
        (
            request(paramFile={"id": "ParamF"}, includeNominalRun=True),
            {
                "paramFile": ["Parameter files are not supported: create one job for each case."],
                "includeNominalRun": ["Nominal runs are not supported."],
            },
        ),
        (request(optimizer={"a": 1}), {"optimizer": ["Optimization jobs are not supported."]}),
        (request(projectId="nope"), {"projectId": ['There is no project "nope": leave projectId out.']}),
        (request(project_id="nope"), {"projectId": ['There is no project "nope": leave projectId out.']}),
    ],
)
def test_fault_is_told_under_its_field(asked: Any, expected: Any) -> None:
    """The answer's body is the one that the published service gives."""
    assert expected == faults(asked)


@pytest.mark.parametrize(
    ("hardware", "key", "part"),
    [
        ({"coresPerSlot": 3}, "coresPerSlot", "1, 2, 4, 8"),
        ({"coresPerSlot": "three"}, "coresPerSlot", "A valid integer is required."),
        ({"coresPerSlot": 0}, "coresPerSlot", "greater than or equal to 1"),
        ({"coresPerSlot": True}, "coresPerSlot", "A valid integer is required."),
        ({"coresPerSlot": 1 << 40}, "coresPerSlot", "less than or equal to"),
        ({"slots": -1}, "slots", "greater than or equal to 1"),
        ({"walltime": 0}, "walltime", "greater than or equal to 1"),
        ({"walltime": 86400}, "walltime", "in hours"),
        ({"coreType": "onyx"}, "coreType", "standard-plus, gpu"),
        ({"coreType": "hi-io"}, "coreType", "standard-plus, gpu"),
        ({"coreType": "gpu", "coresPerSlot": 4}, "walltime", "This field is required."),
        ({"type": "interactive"}, "type", "compute"),
    ],
)
def test_hardware_fault_tells_what_would_be_right(hardware: dict[str, Any], key: str, part: str) -> None:
    """The complaint stands under the key and lists the allowed values."""
    whole = {"coreType": "standard-plus", "coresPerSlot": 1, **hardware}
    assert part in faults(request(analysis(hardware=whole)))["jobanalyses"][0]["hardware"][key][0]


def test_unknown_software_is_told_with_what_there_is() -> None:
    """Code and version have their own complaints, with the values that would do."""
    code = faults(request(analysis(analysis={"code": "fluent"})))["jobanalyses"][0]["analysis"]["code"][0]
    asked = request(analysis(analysis={"code": "openfoam", "version": "CPU9"}))
    version = faults(asked)["jobanalyses"][0]["analysis"]["version"][0]
    assert "openfoam, user_included" in code
    assert version.startswith("The specified version is not available.")
    assert "2.3.0-openmpi, 2.2.2-openmpi" in version


def test_core_type_must_be_allowed_for_the_version() -> None:
    """A version may run on some core types only."""
    hardware = {"coreType": "gpu", "coresPerSlot": 4, "walltime": 1}
    found = faults(request(analysis(analysis={"code": "openfoam"}, hardware=hardware)))
    expected = ["gpu does not run this analysis. Allowed values: standard-plus."]
    assert expected == found["jobanalyses"][0]["hardware"]["coreType"]


def test_all_analyses_share_one_cluster() -> None:
    """A job cannot spread over two core types."""
    other = {"coreType": "gpu", "coresPerSlot": 4, "walltime": 1}
    found = faults(request(analysis(), analysis(hardware=other)))
    assert found["jobanalyses"][0] == {}
    assert "standard-plus" in found["jobanalyses"][1]["hardware"]["coreType"][0]


def test_a_command_has_an_end() -> None:
    """A program's argument may not be longer than the system allows."""
    assert isinstance(draft(request(analysis(command="é" * 50_000))), Draft)
    found = faults(request(analysis(command="é" * 50_001)))
    assert ["Ensure this field has no more than 100000 bytes."] == found["jobanalyses"][0]["command"]


def too_many(count: int) -> list[str]:
    return [f"Ensure this field has no more than {count} elements."]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request(resourceFilters=[{}] * 101), {"resourceFilters": too_many(100)}),
        (request(tags=[{}] * 101), {"tags": too_many(100)}),
        (request(tags=[""] * 101), {"tags": too_many(100)}),
        (request(*[{}] * 101), {"jobanalyses": too_many(100)}),
        (
            request(analysis(inputFiles=[{}] * 5001), analysis(inputFiles=[1] * 5000)),
            {"jobanalyses": ["A job has at most 10000 input files."]},
        ),
    ],
)
def test_a_list_that_is_too_long_is_not_looked_at(asked: Any, expected: Any) -> None:
    """Its length alone is told, however wrong its items are."""
    assert expected == faults(asked)


def test_so_many_faults_are_told() -> None:
    """A hundred, in the order they were found, and that there are more."""
    found = faults(request(*[{}] * 100, projectId="nope"))
    assert "projectId" not in found
    assert ["There are more faults than the 100 that are told."] == found["nonFieldErrors"]
    assert 100 == sum(len(one) for one in found["jobanalyses"])


@pytest.mark.parametrize("empty", [None, [], False, 0, ""])
def test_unsupported_keys_may_be_empty(empty: Any) -> None:
    """A job that is posted as GET returned it has them all, with nothing in them."""
    asked = request(analysis(templateTasks=[]), paramFile=empty, jobvariables=empty, isTemplateDryRun=empty)
    assert isinstance(draft(asked), Draft)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = [
    *("name", "jobanalyses", "analysis", "code", "version", "command", "hardware", "coreType", "coresPerSlot"),
    *("slots", "walltime", "type", "inputFiles", "id", "decompress", "envVars", "useMpi", "tags", "description"),
    *("preProcessScript", "preProcessScriptCommand", "resourceFilters", "selector", "include", "projectId"),
    *("isLowPriority", "templateTasks", "paramFile", "flags", "core_type"),
]


def _strewn(good: Any, bad: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A good request in which any part may be replaced by anything."""
    if isinstance(good, dict):
        whole: st.SearchStrategy[Any] = st.fixed_dictionaries({key: _strewn(item, bad) for key, item in good.items()})
        return st.one_of(
            whole, st.builds(lambda one, two: {**one, **two}, whole, st.dictionaries(KEY, bad, max_size=3)), bad
        )
    if isinstance(good, list):
        return st.one_of(st.tuples(*(_strewn(item, bad) for item in good)).map(list), bad)
    return st.one_of(st.just(good), st.just(good), bad)


KEY = st.sampled_from(KEYS)


@given(asked=st.one_of(JSON, _strewn(dict(BASIC), JSON)))
def test_any_json_is_a_draft_or_is_told_why_not(asked: Any) -> None:
    """Whatever is posted, reading it makes a job that can be stored and shown, or complaints; never anything else."""
    try:
        made = draft(asked)
    except (Invalid, Refused):
        return
    assert made.workload == workload_from_json(workload_as_json(made.workload))
    assert made.alias == write_job(view(asked), origin=ORIGIN)["id"]


@pytest.mark.parametrize("text", ["{", "[1,]", "\ufeff{}", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000, "nope"])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    """Whatever the fault, the answer is a parse error."""
    with pytest.raises(Refused, match=r"^JSON parse error - ") as caught:
        read_json(text)
    assert 400 == caught.value.status
