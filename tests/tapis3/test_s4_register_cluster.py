"""Scenarios S4, first part, S6 as far as systems go, and the search of S9: a cluster, a colleague, a search."""

import pytest

from tests.service import Service
from tests.tapis3.bodies import QUEUE, hpc, vm
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import Person

pytestmark = [pytest.mark.slow, pytest.mark.client]

PROFILE = {
    "name": "tacc-apptainer",
    "moduleLoads": [{"moduleLoadCommand": "module load", "modulesToLoad": ["tacc-singularity"]}],
    "hiddenOptions": ["MEM"],
}


def test_s4_1_scheduler_profiles(service: Service, ann: Person, bob: Person) -> None:
    """One is there from the start; everybody reads them, only its owner deletes one."""
    url = f"{service.url}/v3/systems/schedulerProfile/tacc-apptainer"
    assert {"url": url} == told(ann.http.post("systems/schedulerProfile", json=PROFILE), 201)
    assert "tacc-apptainer" in refused(ann.http.post("systems/schedulerProfile", json=PROFILE), 409)
    found = {one["name"]: one for one in told(bob.http.get("systems/schedulerProfile"))}
    assert {"tacc", "tacc-apptainer"} <= set(found)
    assert ([], ["MEM"]) == (found["tacc"]["moduleLoads"], found["tacc"]["hiddenOptions"])
    assert {**PROFILE, "owner": "ann", "tenant": "solo"}.items() <= found["tacc-apptainer"].items()
    assert found["tacc-apptainer"] == told(bob.http.get("systems/schedulerProfile/tacc-apptainer"))
    assert "ann" in refused(bob.http.delete("systems/schedulerProfile/tacc-apptainer"), 403)
    assert {"changes": 1} == told(ann.http.delete("systems/schedulerProfile/tacc-apptainer"))
    refused(ann.http.get("systems/schedulerProfile/tacc-apptainer"), 404)
    refused(ann.http.post("systems/schedulerProfile", json={"name": "x", "hiddenOptions": ["ALL"]}), 400)


def test_s4_2_a_cluster_is_registered(ann: Person) -> None:
    """Queues with their limits; one of them is the default."""
    told(ann.http.post("systems", json=hpc("gateways21-hpc-ann")), 201)
    found = told(ann.http.get("systems/gateways21-hpc-ann"))
    assert QUEUE.items() <= found["batchLogicalQueues"][0].items()
    assert ("tapisNormal", "tacc", "HOST_EVAL($WORK2)", "/") == tuple(
        found[key] for key in ("batchDefaultLogicalQueue", "batchSchedulerProfile", "jobWorkingDir", "rootDir")
    )


def test_s4_2_what_older_and_newer_clients_leave_out_is_filled_in(ann: Person) -> None:
    """``jobIsBatch`` means canRunBatch; without either, a scheduler and a queue mean it; one queue is the default."""
    old = {key: value for key, value in hpc("hpc-2021").items() if key != "canRunBatch"}
    told(ann.http.post("systems", json={**old, "jobIsBatch": True}), 201)
    new = {key: value for key, value in old.items() if key != "batchDefaultLogicalQueue"}
    told(ann.http.post("systems", json={**new, "id": "hpc-2022"}), 201)
    for name in ("hpc-2021", "hpc-2022"):
        found = told(ann.http.get(f"systems/{name}"))
        assert (True, "tapisNormal") == (found["canRunBatch"], found["batchDefaultLogicalQueue"]), name


@pytest.mark.parametrize(
    ("more", "told_of"),
    [
        ({"batchDefaultLogicalQueue": "other"}, "batchDefaultLogicalQueue: There is no queue other"),
        (
            {"batchDefaultLogicalQueue": None, "batchLogicalQueues": [QUEUE, {**QUEUE, "name": "b"}]},
            "batchDefaultLogicalQueue: A system with canRunBatch and several",
        ),
        ({"batchSchedulerProfile": "nope"}, "batchSchedulerProfile: There is no scheduler profile nope."),
        (
            {"batchScheduler": None, "batchSchedulerProfile": "nope"},
            "batchScheduler: A system with canRunBatch needs it",
        ),
        ({"dtnSystemId": "nope"}, "dtnSystemId: There is no system nope"),
    ],
)
def test_s4_2_what_is_wrong_with_a_cluster_is_told(ann: Person, more: dict[str, object], told_of: str) -> None:
    """Also what it refers to is looked at."""
    message = refused(ann.http.post("systems", json={**hpc("wrong"), **more}), 400)
    assert told_of in message
    if more.get("batchSchedulerProfile"):
        assert "scheduler profile nope" in message


def test_s6_a_colleague_is_let_in(ann: Person, bob: Person) -> None:
    """Before that, the system is denied by name; then it shows who logs in; an empty password is kept untried."""
    told(ann.http.post("systems", json=vm("s6-vm")), 201)
    refused(bob.http.get("systems/s6-vm"), 403)
    perms = "systems/perms/s6-vm/user/bob"
    assert None is told(ann.http.post(perms, json={"permissions": ["READ"]}), 201)
    assert {"names": ["READ"]} == told(ann.http.get(perms))
    assert "bob" == told(bob.http.get("systems/s6-vm"))["effectiveUserId"]
    assert None is told(bob.http.post("systems/credential/s6-vm/user/bob", json={"password": ""}), 201)
    refused(bob.http.post("systems/credential/s6-vm/user/ann", json={"password": ""}), 403)
    assert "bob" not in told(ann.http.get("systems/s6-vm"))["effectiveUserId"]


def test_s9_systems_are_searched(ann: Person) -> None:
    """``*`` stands for any run of characters and ``!`` for one."""
    told(ann.http.post("systems", json=vm("gateways21-s9")), 201)
    found = told(ann.http.get("systems", params={"search": "(id.like.gateways21*)~(canExec.eq.true)"}))
    assert "gateways21-s9" in [one["id"] for one in found]
    for pattern, count in (("gateways21!s9", 1), ("gateways21!!s9", 0)):
        assert count == len(told(ann.http.get("systems", params={"search": f"(id.like.{pattern})"})))
