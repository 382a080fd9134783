"""Reading systems: defaults, variables, and everything that is wrong with a request, without a service."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.core.errors import Conflict, Invalid, Problem
from dragoman.core.registered import Rights, SystemDraft, SystemView
from dragoman.core.things import Account, System
from dragoman.dialects.tapis3 import app_fields, read_app, system_fields
from dragoman.dialects.tapis3.job_fields import Each, Shape
from dragoman.dialects.tapis3.read_system import read_change, read_child, read_new
from dragoman.dialects.tapis3.write_system import write_system
from tests.tapis3.bodies import QUEUE, hpc, image_classifier, vm

ANN = Account(id=1, name="ann", email="", is_admin=False)


def new(body: dict[str, Any]) -> SystemDraft:
    return read_new(body, caller="ann", tenant="solo", uuid="u")


def faults(draft: SystemDraft) -> str:
    return str(Invalid(draft.faults)) if draft.faults else ""


def born(draft: SystemDraft) -> SystemView:
    """The system that comes of a draft."""
    system = System(id=1, name=draft.name, owner_id=1, facets={"tapis3": draft.facet}, **draft.values)
    rights = Rights(is_owner=True)
    return SystemView(system=system, owner=ANN, rights=rights, shares=(), login="ann", has_credential=False)


def change(body: dict[str, Any], view: SystemView, *, whole: bool = False) -> SystemDraft:
    return read_change(body, view, door="tapis3", tenant="solo", whole=whole)


def test_variables_are_filled_in_when_a_system_is_made() -> None:
    """They stand for who asks, who owns and where; only a dynamic login stays open."""
    more = {
        "rootDir": "/data/${tenant}//${owner}/",
        "jobWorkingDir": "${apiUserId}/jobs",
        "effectiveUserId": "${owner}",
    }
    draft = new(vm("a", **more))
    assert ("/data/solo/ann", "ann/jobs", "ann") == (draft.values["root"], draft.facet["jobWorkingDir"], draft.login)
    assert ("", "${apiUserId}") == (new(vm("a")).login, new(vm("a")).facet["effectiveUserId"])


def test_what_is_kept_where() -> None:
    """Columns hold what the whole house needs; the facet holds the rest and no secret."""
    draft = new(hpc("a", effectiveUserId="svc", authnCredential={"password": "hush"}, jobMaxJobs=0))
    assert {
        "kind": "linux",
        "shell": "ssh",
        "scheduler": "slurm",
        "host": "127.0.0.1",
        "port": 22,
        "root": "/",
        "slots": 2147483647,
        "budgets": {"queues": {"tapisNormal": {"runs": 50, "per_owner": 10}}},
        "enabled": True,
        "uuid": "u",
        "description": "System for testing jobs on a VM",
    } == draft.values
    assert draft.credential is not None
    assert ("password", {"password": "hush"}) == (draft.credential.method, draft.credential.secrets)
    assert "hush" not in str((draft.facet, draft.values, draft.detail))


def test_queues_get_their_limits() -> None:
    """Unlimited above, one node and one core at least."""
    (queue,) = new(hpc("a", batchLogicalQueues=[{"name": "tapisNormal", "hpcQueueName": "n"}])).facet[
        "batchLogicalQueues"
    ]
    most = {queue[f"max{of}"] for of in ("Jobs", "JobsPerUser", "NodeCount", "CoresPerNode", "MemoryMB", "Minutes")}
    assert {2147483647} == most
    assert (1, 1, 0, 0) == tuple(queue[f"min{of}"] for of in ("NodeCount", "CoresPerNode", "MemoryMB", "Minutes"))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"id": "-a"}, "id: This must look like"),
        ({"id": "a" * 81}, "id: "),
        ({"systemType": "WINDOWS"}, "systemType: Choose one of LINUX"),
        ({"host": "-oProxyCommand=x"}, "host: This is neither"),
        ({"host": "a b"}, "host: This is neither"),
        ({"port": 70000}, "port: A port"),
        ({"port": "22"}, "port: This must be a whole number"),
        ({"rootDir": ""}, "rootDir: A system of type LINUX needs it"),
        ({"rootDir": "home"}, "rootDir: It begins with /"),
        ({"rootDir": "/a/../b"}, "rootDir: A path must not contain"),
        ({"rootDir": "/a/HOST_EVAL($HOME)"}, "rootDir: Write HOST_EVAL"),
        ({"rootDir": "HOST_EVAL($HOME)"}, "HOST_EVAL needs authnCredential"),
        ({"rootDir": "HOST_EVAL($HOME)"}, "HOST_EVAL needs systemType LINUX"),
        ({"jobWorkingDir": "HOST_EVAL(HOME)"}, "jobWorkingDir: Write HOST_EVAL"),
        ({"jobWorkingDir": "../x"}, "jobWorkingDir: A path must not contain"),
        ({"systemType": "S3"}, "bucketName: A system of type S3"),
        ({"systemType": "S3"}, "canExec: Only a system of type LINUX"),
        ({"systemType": "IRODS"}, "port: A system of type IRODS"),
        ({"authnCredential": {"password": "x"}}, "authnCredential: It needs an effectiveUserId"),
        ({"authnCredential": {}, "effectiveUserId": "x"}, ""),
        ({"authnCredential": {"accessKey": "x"}, "effectiveUserId": "x"}, "authnCredential.accessKey: Something"),
        ({"authnCredential": {"loginUser": "x"}}, "authnCredential.loginUser: There is no such field"),
        ({"jobRuntimes": [{"runtimeType": "PODMAN"}]}, "jobRuntimes.0.runtimeType: Choose one of"),
        ({"jobRuntimes": [{}]}, "jobRuntimes.0.runtimeType: This field is required"),
        ({"canExec": False, "dtnSystemId": "d"}, "dtnSystemId: Only a system with canExec"),
        ({"jobEnvVariables": [{"key": "_tapisX"}]}, "jobEnvVariables.0.key: Names that begin"),
        ({"jobEnvVariables": [{"key": "a=b"}]}, "jobEnvVariables.0.key: Letters"),
        ({"jobEnvVariables": [{"key": "A", "inputMode": "REQUIRED", "value": "x"}]}, "A REQUIRED variable"),
        ({"jobEnvVariables": [{"key": "A", "inputMode": "FIXED", "value": "!tapis_not_set"}]}, "A FIXED variable"),
        ({"jobEnvVariables": [{"key": "A"}, {"key": "A"}]}, "A is there more than once"),
        ({"batchLogicalQueues": [QUEUE, QUEUE]}, "tapisNormal is there more than once"),
        ({"batchLogicalQueues": [{**QUEUE, "minMinutes": 99}]}, "minMinutes is above maxMinutes"),
        ({"canRunBatch": True}, "batchScheduler: A system with canRunBatch"),
        ({"tags": "x"}, "tags: This must be a list"),
        ({"notes": []}, "notes: This must be a JSON object"),
        ({"somethingElse": 1}, "somethingElse: There is no such field"),
        ({"uuid": "x", "deleted": True, "isDtn": False, "parentId": "x"}, ""),
    ],
)
def test_what_is_wrong_is_told(more: dict[str, Any], told: str) -> None:
    """Each complaint names its attribute; what is only computed, or old, is left out without one."""
    found = faults(new(vm("a", **more)))
    assert told in found
    assert told or not found


def test_a_fault_hides_no_other_and_makes_none() -> None:
    """Rules are checked on what is well-formed, and say nothing of what is not."""
    found = faults(new(vm("a", port="x", jobRuntimes=7, rootDir="home", canRunBatch=True)))
    expected = {"port", "jobRuntimes", "rootDir", "batchScheduler", "batchLogicalQueues", "batchDefaultLogicalQueue"}
    assert expected == {one.partition(":")[0] for one in found.split("; ")}


@pytest.mark.parametrize("name", ["search", "SchedulerProfile", "SHARE_PUBLIC", "healthcheck"])
def test_some_ids_are_reserved(name: str) -> None:
    """They are taken by routes, in any letter case."""
    with pytest.raises(Conflict):
        new(vm(name))


def test_a_change_touches_what_it_names_alone() -> None:
    """A PATCH keeps the rest; a PUT gives it its default, and does not mind what it cannot change."""
    view = born(new(hpc("a", tags=["x"], mpiCmd="mpirun")))
    patched = change({"tags": ["y"]}, view)
    assert (["y"], "mpirun", "slurm") == (patched.facet["tags"], patched.facet["mpiCmd"], patched.values["scheduler"])
    fixed = {"id": "z", "rootDir": "/z", "canExec": False, "effectiveUserId": "z", "owner": "z", "deleted": True}
    put = change({**vm("a"), **fixed, "tags": ["z"]}, view, whole=True)
    assert (["z"], None, "fork", "") == (put.facet["tags"], put.facet["mpiCmd"], put.values["scheduler"], put.login)
    assert "root" not in put.values
    assert (True, "${apiUserId}") == (put.facet["canExec"], put.facet["effectiveUserId"])


def test_a_system_may_be_put_back_as_it_was_shown() -> None:
    """What is read can be sent."""
    view = born(new(hpc("a", tags=["x"], jobEnvVariables=[{"key": "A", "inputMode": "REQUIRED"}])))
    shown = write_system(view, door="tapis3", tenant="solo")
    put = change(shown, view, whole=True)
    assert "" == faults(put)
    assert view.system.facets["tapis3"] == put.facet


def test_rules_hold_for_changes_too() -> None:
    """The new form is looked at as a whole."""
    view = born(new(vm("a")))
    assert "jobRuntimes: A system with canExec" in faults(change({"jobRuntimes": []}, view))
    assert "host: This field is required" in faults(change({"description": "x"}, view, whole=True))


def child(body: dict[str, Any], parent: SystemView) -> SystemDraft:
    return read_child(body, parent, door="tapis3", caller="bob", tenant="solo", uuid="c")


def test_a_child_is_its_parent_with_a_root_and_a_login_of_its_own() -> None:
    """Its id is made of its parent's and its owner's when it says none; only the login can be changed."""
    parent = born(new(hpc("a", allowChildren=True)))
    draft = child({"rootDir": "/work/${apiUserId}", "effectiveUserId": "svc"}, parent)
    assert ("a-bob", "/work/bob", "svc", "a", False) == (
        draft.name,
        draft.values["root"],
        draft.login,
        draft.facet["parentId"],
        draft.facet["allowChildren"],
    )
    assert parent.system.facets["tapis3"]["batchLogicalQueues"] == draft.facet["batchLogicalQueues"]
    view = born(draft)
    assert "" == change({"effectiveUserId": "${apiUserId}"}, view).login
    for body, whole in (({"description": "x"}, False), (vm("a"), True)):
        with pytest.raises(Invalid, match="child"):
            change(body, view, whole=whole)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.sampled_from(["LINUX", "ZIP", "!tapis_not_set", "../x", "HOST_EVAL($X)", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def shaped(shape: Shape) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the keys of a shape and anything below them."""
    return st.fixed_dictionaries(
        {}, optional={key: json_values | _below(kind) for key, kind in (*shape.fields.items(), ("unknown", None))}
    )


def _below(kind: Any) -> st.SearchStrategy[Any]:
    if isinstance(kind, Each):
        return st.lists(st.deferred(lambda: shaped(kind.shape)), max_size=2)
    return st.deferred(lambda: shaped(kind)) if isinstance(kind, Shape) else json_values


@given(shaped(system_fields.POST), st.booleans())
def test_any_body_is_read_or_complained_about(body: dict[str, Any], is_whole: bool) -> None:
    """Nothing in a request about a system makes it fail in another way."""
    view = born(new(hpc("a")))
    for read in (new, lambda body: change(body, view, whole=is_whole), lambda body: child(body, view)):
        try:
            read({**vm("a"), **body})
            read(body)
        except Problem:
            continue


@given(shaped(app_fields.POST))
def test_any_body_of_an_app_is_read_or_complained_about(body: dict[str, Any]) -> None:
    """Nothing in a request about an app makes it fail in another way."""
    for one in (body, {**image_classifier("a"), **body}):
        try:
            read_app.read_new(one, caller="ann", uuid="u")
        except Problem:
            continue
