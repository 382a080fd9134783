"""Systems: registered, listed, changed, shared, chosen; the same ones that the other doors know."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.service import Service
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import EXECUTION, SLURM, STORAGE, changed, upload

SUMMARY = {"id", "name", "type", "description", "status", "public", "lastUpdated", "default", "_links"}


def v3(service: Service, person: Person) -> httpx2.Client:
    """Somebody at another door."""
    return httpx2.Client(
        base_url=f"{service.url}/v3/", headers={"X-Tapis-Token": person.account.token}, trust_env=False, timeout=120
    )


@pytest.fixture(scope="module")
def sam(service: Service) -> Person:
    """Somebody with systems of their own."""
    person = newcomer(service, "sam")
    for system in (STORAGE, EXECUTION, SLURM):
        upload(person, "/systems/v2/?pretty=true", json.dumps(system))
    return person


def test_a_registered_system_is_shown_without_secrets(sam: Person) -> None:
    found = sam.get("/systems/v2/joe.tacc.slurm")
    assert {"type": "PASSWORD"} == found["login"]["auth"] == found["storage"]["auth"]
    assert "secret" not in json.dumps(found).replace("secrets", "")
    assert ("sam", "EXECUTION", "HPC", "SLURM") == tuple(
        found[key] for key in ("owner", "type", "executionType", "scheduler")
    )
    (queue,) = found["queues"]
    assert ("skx-normal", 192.0, "48:00:00", True) == tuple(
        queue[key] for key in ("mappedName", "maxMemoryPerNode", "maxRequestedTime", "default")
    )
    assert found["uuid"].endswith("-006")


def test_lists_show_summaries(sam: Person) -> None:
    rows = sam.get("/systems/v2/?pretty=true")
    assert {"joe.tacc.corral.storage", "joe.tacc.execution", "joe.tacc.slurm", "local", "local.storage"} <= {
        row["id"] for row in rows
    }
    assert all(SUMMARY == set(row) for row in rows)
    assert {"STORAGE"} == {row["type"] for row in sam.get("/systems/v2/?type=storage")}
    assert {"local"} == {row["id"] for row in sam.get("/systems/v2/?public=true&type=EXECUTION")}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("id.eq=joe.tacc.slurm", {"joe.tacc.slurm"}),
        ("name.like=*corral*", {"joe.tacc.corral.storage"}),
        ("queues.maxUserJobs.gt=5", {"joe.tacc.slurm"}),
        ("storage.protocol.eq=SFTP", {"joe.tacc.slurm"}),
        ("executionType.in=HPC,CONDOR", {"joe.tacc.slurm"}),
        ("executionType.nin=HPC&type.eq=EXECUTION&owner=sam", {"joe.tacc.execution"}),
        ("created.after=yesterday&owner=sam&limit=1&offset=1&orderBy=id", {"joe.tacc.execution"}),
        ("created.before=2 days ago&owner=sam", set()),
        ("created.before=-3 hours&owner=sam", set()),
        ("created.on=today&id.rlike=joe\\..*slurm", {"joe.tacc.slurm"}),
        ("available=true&id.nlike=*.*", {"local"}),
    ],
)
def test_systems_are_searched(sam: Person, query: str, ids: set[str]) -> None:
    assert ids == {row["id"] for row in sam.get(f"/systems/v2/?{query}")}


@pytest.mark.parametrize("query", ["created.after=whenever", "nothing.eq=1", "available=perhaps", "orderBy=nothing"])
def test_a_search_that_makes_no_sense(sam: Person, query: str) -> None:
    assert sam.get(f"/systems/v2/?{query}", 400)


def test_picked_fields_are_those_of_the_whole_object(sam: Person) -> None:
    (row,) = sam.get("/systems/v2/?id=joe.tacc.slurm&filter=id,login.host")
    assert {"id": "joe.tacc.slurm", "login": {"host": "cluster.example.org"}} == row


def test_another_door_shows_the_same_system(service: Service, sam: Person) -> None:
    with v3(service, sam) as http:
        cluster = http.get("systems/joe.tacc.slurm").json()["result"]
        store = http.get("systems/joe.tacc.corral.storage").json()["result"]
    assert ("cluster.example.org", "/scratch/tg1", "tg1") == (
        cluster["host"],
        cluster["rootDir"],
        cluster["effectiveUserId"],
    )
    assert (True, True, "SLURM", "normal") == (
        cluster["canExec"],
        cluster["canRunBatch"],
        cluster["batchScheduler"],
        cluster["batchDefaultLogicalQueue"],
    )
    assert "/scratch" == cluster["jobWorkingDir"]
    (queue,) = cluster["batchLogicalQueues"]
    assert ("skx-normal", 4, 48, 196_608, 2880, 10) == tuple(
        queue[key]
        for key in ("hpcQueueName", "maxNodeCount", "maxCoresPerNode", "maxMemoryMB", "maxMinutes", "maxJobsPerUser")
    )
    assert {"A": "1", "B": "two words"} == {one["key"]: one["value"] for one in cluster["jobEnvVariables"]}
    assert cluster["hasCredentials"]
    assert not store["canExec"]


def test_a_system_of_another_door_is_shown_here_with_two_faces(service: Service, sam: Person) -> None:
    """One that stores and executes is an execution system, and a storage system beside it."""
    system = {
        "id": "sams.cluster",
        "systemType": "LINUX",
        "host": "h.example.org",
        "defaultAuthnMethod": "PKI_KEYS",
        "effectiveUserId": "tg2",
        "rootDir": "/data",
        "canExec": True,
        "jobWorkingDir": "jobs",
        "jobRuntimes": [{"runtimeType": "SINGULARITY"}],
        "batchScheduler": "SLURM",
        "canRunBatch": True,
        "batchLogicalQueues": [{"name": "q", "hpcQueueName": "real", "maxMinutes": 90, "maxMemoryMB": 2048}],
    }
    with v3(service, sam) as http:
        assert 201 == http.post("systems", json=system).status_code
        one, two = sam.get("/systems/v2/sams.cluster"), sam.get("/systems/v2/sams.cluster.storage")
        assert ("EXECUTION", "HPC", "SLURM", "/jobs") == tuple(
            one[key] for key in ("type", "executionType", "scheduler", "scratchDir")
        )
        (queue,) = one["queues"]
        assert ("q", "real", 2.0, "01:30:00", -1) == tuple(
            queue[key] for key in ("name", "mappedName", "maxMemoryPerNode", "maxRequestedTime", "maxNodes")
        )
        assert ("STORAGE", "SFTP", "/data", "SSHKEYS") == (
            two["type"],
            two["storage"]["protocol"],
            two["storage"]["rootDir"],
            two["storage"]["auth"]["type"],
        )
        assert http.patch("systems/sams.cluster", json={"host": "new.example.org"}).status_code == 200
        assert "new.example.org" == sam.get("/systems/v2/sams.cluster")["login"]["host"]
    assert "is the storage of" in sam.delete("/systems/v2/sams.cluster.storage", 400)
    taken = changed(STORAGE, id="sams.cluster.storage")
    assert "There is a system" in sam.post("/systems/v2/", 400, json=taken)


def test_the_same_id_again_is_a_new_revision(sam: Person) -> None:
    sam.post("/systems/v2/", 201, json=changed(STORAGE, id="again"))
    found = sam.post("/systems/v2/", 201, json=changed(STORAGE, id="again", name="Other", storage={"homeDir": "/x"}))
    assert ("Other", "/x", 2) == (found["name"], found["storage"]["homeDir"], found["revision"])
    found = sam.post("/systems/v2/again", 201, json=changed(STORAGE, name="Third"))
    assert ("again", "Third", 3) == (found["id"], found["name"], found["revision"])
    assert ["CREATED", "UPDATED", "UPDATED"] == [one["status"] for one in sam.get("/systems/v2/again/history")]
    assert sam.delete("/systems/v2/again") is None
    assert sam.get("/systems/v2/again", 404)
    assert sam.post("/systems/v2/", 400, json=changed(STORAGE, id="again"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"id": ""}, "Invalid id value."),
        ({"id": "a/b"}, "Invalid id value."),
        ({"name": None}, "Invalid name value."),
        ({"type": "OTHER"}, "Invalid type value."),
        ({"storage": {"protocol": "GRIDFTP"}}, "GRIDFTP is not supported here. There is: SFTP, LOCAL, S3."),
        ({"storage": {"protocol": "X"}}, "Invalid storage.protocol value."),
        ({"storage": {"rootDir": "data"}}, "Invalid storage.rootDir value."),
        ({"storage": {"homeDir": "/a/../.."}}, "Invalid storage.homeDir value."),
        ({"storage": {"proxy": {"host": "h"}}}, "Invalid storage.proxy value."),
        ({"storage": {"protocol": "SFTP", "auth": {"type": "X509"}}}, "X509 is not supported here."),
        ({"storage": {"protocol": "SFTP", "auth": {"type": "APIKEYS"}}}, "use PASSWORD or SSHKEYS"),
        ({"storage": {"protocol": "SFTP", "host": "-x", "auth": {"type": "PASSWORD"}}}, "Invalid storage.host value."),
        ({"storage": {"port": "x"}}, "Invalid storage.port value."),
    ],
)
def test_a_storage_system_that_cannot_be(joe: Person, change: dict[str, Any], why: str) -> None:
    told = joe.post("/systems/v2/", 400, json=changed(changed(STORAGE, id="bad"), **change))
    assert why in told
    assert joe.get("/systems/v2/bad", 404)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"scheduler": "PBS"}, "PBS is not supported here. There is: FORK, SLURM, CUSTOM_SLURM."),
        ({"scheduler": "SLURM", "executionType": "CLI"}, "has the scheduler FORK"),
        ({"executionType": "CONDOR"}, "Condor pools are not supported here"),
        ({"queues": []}, "An HPC system needs at least one queue."),
        ({"queues": [{"name": "a"}, {"name": "a"}]}, "A name is there more than once."),
        ({"queues": [{"name": "a", "maxMemoryPerNode": "lots"}]}, "Invalid queues[0].maxMemoryPerNode value."),
        ({"queues": [{"name": "a", "maxRequestedTime": "1h"}]}, "Invalid queues[0].maxRequestedTime value."),
        ({"login": {"protocol": "GSISSH"}}, "GSISSH is not supported here."),
        ({"storage": {"host": "other.example.org"}}, "on the host of its login here"),
        ({"scratchDir": "../x"}, "Invalid scratchDir value."),
    ],
)
def test_an_execution_system_that_cannot_be(joe: Person, change: dict[str, Any], why: str) -> None:
    assert why in joe.post("/systems/v2/", 400, json=changed(changed(SLURM, id="bad"), **change))


def test_nothing_but_a_description_is_a_system(joe: Person) -> None:
    assert upload(joe, "/systems/v2/", "", 400)
    assert upload(joe, "/systems/v2/", "not json", 400)
    assert upload(joe, "/systems/v2/", "[]", 400)


def test_a_default_system(sam: Person, bob: Person) -> None:
    """Whoever has chosen nothing gets this house's own."""
    for path in ("/systems/v2/?default=true", "/systems/v2/?default=True"):
        assert {"local", "local.storage"} == {row["id"] for row in bob.get(path)}
    found = sam.put("/systems/v2/joe.tacc.corral.storage?pretty=true", data={"action": "setDefault"})
    assert ("STORAGE", True) == (found["type"], found["default"])
    assert {"local", "joe.tacc.corral.storage"} == {row["id"] for row in sam.get("/systems/v2/?default=true")}
    sam.put("/systems/v2/joe.tacc.corral.storage", json={"action": "unsetDefault"})
    assert {"local", "local.storage"} == {row["id"] for row in sam.get("/systems/v2/?default=true")}
    assert "Only an admin" in sam.put("/systems/v2/joe.tacc.execution", 403, json={"action": "setGlobalDefault"})


def test_roles(service: Service, sam: Person) -> None:
    tom, path = newcomer(service, "tom"), "/systems/v2/joe.tacc.execution"
    assert tom.get(path, 403)
    assert ["sam OWNER"] == [f"{one['username']} {one['role']}" for one in sam.get(f"{path}/roles/?pretty=true")]
    assert "USER" == sam.post(f"{path}/roles/tom", 201, json={"role": "USER"})["role"]
    assert tom.get(path)["id"] == "joe.tacc.execution"
    assert tom.post(f"{path}/roles/tom", 403, json={"role": "ADMIN"})
    (given,) = sam.post(f"{path}/roles", 201, data={"username": "tom", "role": "publisher"})
    assert "PUBLISHER" == given["role"]
    assert "PUBLISHER" == sam.get(f"{path}/roles/tom")["role"]
    assert sam.delete(f"{path}/roles/tom") is None
    assert tom.get(path, 403)
    sam.post(f"{path}/roles/tom", 201, json={"role": "USER"})
    assert tom.delete(f"{path}/roles/sam", 403)
    assert tom.delete(f"{path}/roles/tom") is None  # whoever has a role may give it up
    assert tom.get(path, 403)
    assert sam.post(f"{path}/roles/tom", 400, json={"role": "KING"}).startswith("Invalid role value KING.")
    assert sam.post(f"{path}/roles/nobody", 400, json={"role": "USER"})


def test_an_admin_of_a_system_gives_roles(service: Service, sam: Person) -> None:
    """But is not its owner: the owner's own rights are no role, and a lesser role gives none."""
    uli, vera = newcomer(service, "uli"), newcomer(service, "vera")
    sam.post("/systems/v2/", 201, json=changed(EXECUTION, id="sams.shared"))
    path = "/systems/v2/sams.shared/roles"
    for role in ("GUEST", "USER", "PUBLISHER"):
        sam.post(f"{path}/uli", 201, json={"role": role})
        assert uli.post(f"{path}/uli", 403, json={"role": "ADMIN"})
    sam.post(f"{path}/uli", 201, json={"role": "ADMIN"})
    assert "USER" == uli.post(f"{path}/vera", 201, json={"role": "USER"})["role"]
    assert "sams.shared" == vera.get("/systems/v2/sams.shared")["id"]
    assert vera.post(f"{path}/uli", 403, json={"role": "NONE"})
    assert uli.delete(f"{path}/vera") is None
    assert vera.get("/systems/v2/sams.shared", 403)
    uli.post(f"{path}/sam", 201, json={"role": "NONE"})
    assert "OWNER" == sam.get(f"{path}/sam")["role"]


def test_a_published_system_is_everybodys(sam: Person, bob: Person) -> None:
    sam.post("/systems/v2/", 201, json=changed(STORAGE, id="sams.public"))
    assert bob.get("/systems/v2/sams.public", 403)
    assert sam.put("/systems/v2/sams.public", data={"action": "publish"})["public"]
    assert bob.get("/systems/v2/sams.public")["public"]
    assert not sam.put("/systems/v2/sams.public", data={"action": "unpublish"})["public"]
    assert bob.get("/systems/v2/sams.public", 403)


def test_credentials_come_in_and_never_go_out(sam: Person) -> None:
    path = "/systems/v2/joe.tacc.slurm/credentials"
    words = {"type": "SSHKEYS", "username": "tg9", "publicKey": "ssh-rsa x", "privateKey": "a private key"}
    assert sam.post(path, 201, json=words) is None
    (found,) = sam.get(path)
    assert ("SSHKEYS", "tg9") == (found["type"], found["username"])
    assert "a private key" not in json.dumps(sam.get("/systems/v2/joe.tacc.slurm"))
    assert sam.post(path, 400, json={"type": "PASSWORD", "username": "tg9"})
    assert sam.post(f"{path}/somebody", 400, json=words).startswith("There are no internal users here.")
    assert sam.delete(path) is None
    assert [] == sam.get(path)
    assert sam.post(path, 201, json={"type": "PASSWORD", "username": "tg1", "password": "again"}) is None


def test_queues(sam: Person) -> None:
    path = "/systems/v2/joe.tacc.execution/queues"
    assert ["debug"] == [one["name"] for one in sam.get(path)]
    sam.post(path, 201, json={"name": "long", "maxRequestedTime": "99:00:00", "default": True})
    assert ["debug", "long"] == [one["name"] for one in sam.get(path)]
    assert [False, True] == [one["default"] for one in sam.get(path)]
    assert "99:00:00" == sam.get(f"{path}/long")["maxRequestedTime"]
    assert sam.delete(f"{path}/long") is None
    assert [True] == [one["default"] for one in sam.get(path)]
    assert sam.delete(f"{path}/long", 404)
    assert sam.delete(f"{path}/debug", 400)
    assert "default" == sam.get("/systems/v2/local/queues")[0]["name"]
    assert sam.get("/systems/v2/joe.tacc.corral.storage/queues", 400)


def test_other_actions(sam: Person) -> None:
    path = "/systems/v2/joe.tacc.execution"
    assert not sam.put(path, json={"action": "disable"})["available"]
    assert sam.put(path, json={"action": "enable"})["available"]
    found = sam.put(path, data={"action": "clone", "id": "sams.clone"})
    assert ("sams.clone", "/scratch") == (found["id"], found["scratchDir"])
    for odd in ("../../etc", "http://[::1", "a\nb", "a" * 65, "storage", "${x}"):
        assert "Use letters" in sam.put(path, 400, json={"action": "clone", "id": odd})
    assert sam.put("/systems/v2/sams.clone", data={"action": "erase"}) is None
    assert sam.get("/systems/v2/sams.clone", 404)
    assert sam.put(path, 400, json={}).startswith("No action specified")
    assert sam.put(path, 400, json={"action": "dance"}).startswith("Invalid action dance")


def test_a_system_that_is_down_is_not_available(sam: Person) -> None:
    found = sam.post("/systems/v2/", 201, json=changed(EXECUTION, id="sams.down", status="DOWN"))
    assert ("DOWN", True) == (found["status"], found["available"])
    found = sam.post("/systems/v2/", 201, json=changed(EXECUTION, id="sams.down", status="UP"))
    assert ("UP", True) == (found["status"], found["available"])


def test_the_last_queue_stays_however_many_ask_at_once(sam: Person) -> None:
    sam.post("/systems/v2/", 201, json=changed(EXECUTION, id="sam.queues"))
    path = "/systems/v2/sam.queues/queues"
    for number in range(10):
        sam.post(path, 201, json={"name": f"long{number}"})
        names = [one["name"] for one in sam.get(path)]
        with ThreadPoolExecutor(len(names)) as crowd:
            answers = list(crowd.map(lambda name: sam.http.delete(f"{path}/{name}").status_code, names))
        assert [200, 400] == sorted(answers)
        assert 1 == len(sam.get(path))
