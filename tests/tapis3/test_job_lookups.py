"""What must be looked up is known before the job is."""

from typing import Any

import pytest

from dragoman.core.errors import Invalid
from dragoman.dialects.tapis3 import job_lookups as lookups
from dragoman.dialects.tapis3.app_parts import normal
from dragoman.dialects.tapis3.read_job import Asked, read_request
from tests.tapis3.job_examples import QUEUE, app, args, cluster, parameters, resolved, system, variables


def asked(**body: Any) -> Asked:
    """A request with this in it."""
    return read_request({"name": "n", "appId": "img", "appVersion": "0.0.1", **body})


def test_systems_are_the_requests_then_the_apps() -> None:
    """Outputs stay where the job executes unless somebody says otherwise; executing has no such rule."""
    template = app(attributes={"execSystemId": "a", "archiveSystemId": "b"})
    assert ("", "a", "x") == (
        lookups.exec_system_id(asked(), app()),
        lookups.exec_system_id(asked(), template),
        lookups.exec_system_id(asked(execSystemId="x"), template),
    )
    assert ("vm", "b", "y") == (
        lookups.archive_system_id(asked(), app(), system()),
        lookups.archive_system_id(asked(), template, system()),
        lookups.archive_system_id(asked(archiveSystemId="y"), template, system()),
    )


def test_a_system_may_be_found_by_what_it_can() -> None:
    """The conditions of app and request are united, once each."""
    template = app(attributes={"dynamicExecSystem": True, "execSystemConstraints": ["a = 1", "b = 2"]})
    assert ["c = 3", "a = 1", "b = 2"] == lookups.constraints(asked(execSystemConstraints=["c = 3", "a = 1"]), template)
    assert lookups.is_dynamic(asked(), template)
    assert not lookups.is_dynamic(asked(dynamicExecSystem=False), template)
    assert [] == lookups.constraints(asked(dynamicExecSystem=False), template)


def test_a_transfer_node_is_used_only_when_a_directory_on_it_is_named() -> None:
    """The system says which one; the request says whether."""
    place = system(dtnSystemId="dtn")
    assert ("", "dtn") == (
        lookups.dtn_system_id(asked(), app(), place),
        lookups.dtn_system_id(asked(dtnSystemInputDir="/in"), app(), place),
    )
    assert "dtn" == resolved({"dtnSystemOutputDir": "/out"}, on=place).attributes["dtnSystemId"]


def test_a_profile_is_the_requests_then_the_apps_then_the_systems() -> None:
    """An option names it, in either form; nonsense names none."""
    template = app(
        parameters={"schedulerOptions": [{"name": "p", "arg": "--tapis-profile 'of app'", "inputMode": "FIXED"}]}
    )
    assert ("tacc", "of app") == (
        lookups.profile_name(asked(), app(), cluster()),
        lookups.profile_name(asked(), template, cluster()),
    )
    mine = asked(**args("--tapis-profile=mine", key="schedulerOptions"))
    assert "mine" == lookups.profile_name(mine, app(), cluster())
    odd = asked(**args("--tapis-profile 'x", key="schedulerOptions"))
    assert "" == lookups.profile_name(odd, app(), cluster(batchSchedulerProfile=None))


def options(body: Any, of_queue: list[dict[str, Any]], of_app: list[dict[str, Any]]) -> list[str]:
    """The options of a job in a queue that has some."""
    queues = [{**QUEUE, "schedulerOptions": of_queue}, {**QUEUE, "name": "plain"}]
    on = cluster(batchLogicalQueues=queues, batchSchedulerProfile=None)
    job = resolved(body, on=on, of=app(parameters={"schedulerOptions": of_app}))
    return [one["arg"] for one in parameters(job)["schedulerOptions"]]


def test_a_queue_has_options_of_its_own() -> None:
    """They come along unless they say otherwise, below those of the app and of the request, in that queue alone."""
    of_queue = [{"name": "acct", "arg": "--account lab"}, {"name": "qos", "arg": "--qos x", "inputMode": "FIXED"}]
    later = {"name": "later", "arg": "--begin now", "inputMode": "INCLUDE_ON_DEMAND"}
    of_app = [{"name": "acct", "arg": "--account app", "inputMode": "INCLUDE_BY_DEFAULT"}]
    assert ["--account lab", "--qos x"] == options({}, [*of_queue, later], [])
    assert ["--account app", "--qos x"] == options({}, of_queue, of_app)
    named = {"parameterSet": {"schedulerOptions": [{"name": "acct", "arg": "--account me"}, {"name": "later"}]}}
    assert ["--account me", "--qos x", "--begin now"] == options(named, [*of_queue, later], of_app)
    assert ["--account app"] == options({"execSystemLogicalQueue": "plain"}, of_queue, of_app)
    silent = [{"name": "acct", "inputMode": "REQUIRED"}]
    assert ["--account lab"] == options({}, of_queue[:1], silent)
    assert [] == options({"parameterSet": {"schedulerOptions": [{"name": "acct", "include": False}]}}, of_queue[:1], [])


@pytest.mark.parametrize("where", ["app", "request"])
def test_what_a_queue_fixes_is_not_given_again(where: str) -> None:
    """Neither by an app nor by a request."""
    fixed = [{"name": "qos", "arg": "--qos x", "inputMode": "FIXED"}]
    other: list[dict[str, Any]] = [{"name": "qos", "arg": "--qos y"}]
    body = {"parameterSet": {"schedulerOptions": other if where == "request" else []}}
    with pytest.raises(Invalid, match="fixes the argument qos"):
        options(body, fixed, other if where == "app" else [])


def test_directories_tell_which_variables_of_the_host_they_need() -> None:
    """Each once; one that stands anywhere but at the start is refused."""
    place = system(jobWorkingDir="HOST_EVAL($WORK)/x")
    body = {"execSystemExecDir": "HOST_EVAL($WORK)/y", "execSystemInputDir": "HOST_EVAL($DATA, /d)"}
    assert ["WORK", "DATA"] == lookups.host_evaluations(asked(**body), app(), place)
    with pytest.raises(Invalid):
        lookups.host_evaluations(asked(execSystemExecDir="x/HOST_EVAL($WORK)"), app(), place)


def test_an_app_as_it_is_registered_makes_a_job() -> None:
    """What the apps of this door look like is what jobs are made of."""
    kept = normal(
        {
            "runtime": "SINGULARITY",
            "jobAttributes": {
                "description": "of its jobs",
                "fileInputs": [{"name": "i", "targetPath": "*", "sourceUrl": "tapis://vm/x"}],
                "parameterSet": {"envVariables": [{"key": "A", "value": "1"}], "appArgs": [{"name": "a", "arg": "-a"}]},
            },
        }
    )
    job = resolved(of={**kept, "id": "img", "version": "1", "enabled": True, "versionEnabled": True})
    assert ("of its jobs", "1", "x") == (
        job.attributes["description"],
        variables(job)["A"],
        job.attributes["fileInputs"][0]["targetPath"],
    )
