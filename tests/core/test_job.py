"""The stored form of a workload: what is written is read again, whenever it was written."""

import json

from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.job import (
    SPEC_VERSION,
    Input,
    LogStyle,
    OutputRule,
    Resources,
    Step,
    Workload,
    workload_as_json,
    workload_from_json,
)

FIRST_VERSION = """{
  "version": 1,
  "steps": [{"command": "./run > log", "environment": {"A": "b"}}, {"command": "true", "environment": {}}],
  "resources": {"system": "local", "queue": "default", "cores": 4, "nodes": 2, "at_once": 3, "walltime": 60},
  "log": {"name": "log", "stamp": true, "opening": "{command}", "closing": ["{code}", ""]},
  "inputs": [{"file_id": 7, "name": "a.zip", "unpack": true}],
  "home_files": {"rc": "x"},
  "key_variable": "KEY",
  "outputs": [{"kind": "glob", "include": false, "pattern": "*.tmp", "case_sensitive": true}]
}"""


@given(st.from_type(Workload))
def test_a_workload_comes_back_from_its_json(workload: Workload) -> None:
    """Nothing is lost or changed on the way through text, and the form tells its version."""
    stored = json.loads(json.dumps(workload_as_json(workload)))
    assert SPEC_VERSION == stored["version"]
    assert workload == workload_from_json(stored)


def test_the_first_version_is_read_for_ever() -> None:
    """Rows that were written once are never rewritten; this text must not change."""
    expected = Workload(
        steps=(Step(command="./run > log", environment={"A": "b"}), Step(command="true")),
        resources=Resources(system="local", queue="default", cores=4, nodes=2, at_once=3, walltime=60),
        log=LogStyle(name="log", stamp=True, opening="{command}", closing=("{code}", "")),
        inputs=(Input(file_id=7, name="a.zip", unpack=True),),
        home_files={"rc": "x"},
        key_variable="KEY",
        outputs=(OutputRule(kind="glob", include=False, pattern="*.tmp", case_sensitive=True),),
    )
    assert expected == workload_from_json(json.loads(FIRST_VERSION))
