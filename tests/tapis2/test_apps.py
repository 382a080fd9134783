"""Apps: registered with their wrapper templates, listed, changed, shared, published, cloned."""

import json
from typing import Any

import pytest

from tests.service import Service
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.people import Person, newcomer
from tests.tapis2.systems import EXECUTION, STORAGE, changed, upload

ID = "joe.app.imageclassify-1.0"
KEYS = (
    *("id", "name", "icon", "uuid", "parallelism", "defaultProcessorsPerNode", "defaultMemoryPerNode"),
    *("defaultNodeCount", "defaultMaxRunTime", "defaultQueue", "version", "revision", "isPublic", "helpURI", "label"),
    *("owner", "shortDescription", "longDescription", "tags", "ontology", "executionType", "executionSystem"),
    *("deploymentPath", "deploymentSystem", "templatePath", "testPath", "checkpointable", "lastModified", "created"),
    *("modules", "available", "inputs", "parameters", "outputs", "_links"),
)


@pytest.fixture(scope="module")
def ada(service: Service) -> Person:
    """Somebody with an app."""
    person = newcomer(service, "ada")
    deploy(person, CLASSIFY)
    upload(person, "/apps/v2/?pretty=true", json.dumps(CLASSIFY))
    return person


def named(name: str, **more: Any) -> dict[str, Any]:
    return {**CLASSIFY, "name": name, **more}


def test_a_registered_app_is_shown_in_the_known_order(ada: Person) -> None:
    found = ada.get(f"/apps/v2/{ID}?pretty=true")
    assert list(KEYS) == list(found)
    assert (ID, "ada", 1, False, True) == tuple(
        found[key] for key in ("id", "owner", "revision", "isPublic", "available")
    )
    assert {"self", "executionSystem", "storageSystem", "history", "metadata", "owner", "permissions"} == set(
        found["_links"]
    )
    one, two = found["parameters"]
    assert ("number", 5, True) == (two["value"]["type"], two["value"]["default"], two["value"]["required"])
    assert ("--image_file ", True) == (one["details"]["argument"], one["details"]["showArgument"])
    assert {"minCardinality": 1, "maxCardinality": 1, "ontology": []} == one["semantics"]


def test_lists_show_summaries(ada: Person) -> None:
    (row,) = [row for row in ada.get("/apps/v2?pretty=true") if row["id"] == ID]
    assert {
        *("id", "name", "version", "revision", "executionSystem", "shortDescription", "isPublic", "label"),
        *("lastModified", "_links"),
    } == set(row)
    assert ID in {row["id"] for row in ada.get("/apps/v2?name.like=*image*")}
    assert [] == ada.get("/apps/v2?name.like=*nothing*")
    assert ID in {row["id"] for row in ada.get("/apps/v2/name/joe.app.imageclassify")}
    assert ID in {row["id"] for row in ada.get("/apps/v2/system/local")}
    assert [] == ada.get("/apps/v2/tag/none")
    assert [] == ada.get("/apps/v2?tag.like=*none*")
    assert [] == ada.get("/apps/v2?defaultNodes=4")
    assert [{"executionSystem": "local"}] == ada.get(f"/apps/v2?id={ID}&filter=executionSystem")
    assert {"executionSystem": "local"} == ada.get(f"/apps/v2/{ID}?filter=executionSystem")


def test_the_same_name_and_version_again_is_a_new_revision(ada: Person) -> None:
    ada.post("/apps/v2/", 201, json=named("twice"))
    found = ada.post("/apps/v2", 201, json=named("twice", label="New"))
    assert (2, "New") == (found["revision"], found["label"])
    assert 3 == ada.post("/apps/v2/twice-1.0", 201, json=CLASSIFY)["revision"]
    assert "twice-1.0" == ada.get("/apps/v2/twice-1.0")["id"]
    assert ["CREATED", "UPDATED", "UPDATED"] == [one["status"] for one in ada.get("/apps/v2/twice-1.0/history")]


def test_a_deleted_app_may_come_again(ada: Person) -> None:
    ada.post("/apps/v2/", 201, json=named("again"))
    assert ada.delete("/apps/v2/again-1.0") is None
    assert "No software found matching again-1.0" == ada.get("/apps/v2/again-1.0", 404)
    assert "again-1.0" not in {row["id"] for row in ada.get("/apps/v2")}
    assert "again-1.0" == ada.post("/apps/v2/", 201, json=named("again"))["id"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": "a b"}, "'app.name' may only contain alphanumeric characters, periods, and dashes."),
        ({"name": None}, "Invalid name value."),
        ({"version": "1"}, "Invalid 'app.version' value. Please provide a version in x.x.x format"),
        ({"parallelism": "LOTS"}, "Invalid parallelism value."),
        ({"executionType": "CONDOR"}, "CONDOR is not supported here"),
        ({"executionType": "HPC"}, "The system local runs CLI apps only."),
        ({"executionSystem": "nowhere"}, "There is no system nowhere."),
        ({"executionSystem": "local.storage"}, "local.storage is not an execution system."),
        (
            {"deploymentSystem": "local"},
            "Invalid deploymentSystem value. local is not a storage system. Please specify",
        ),
        ({"deploymentPath": "no/such"}, "Invalid deploymentPath value. There is nothing at /no/such"),
        ({"templatePath": "no.sh"}, "Invalid templatePath value."),
        ({"templatePath": "../wrapper.sh"}, "Invalid templatePath value."),
        ({"testPath": "test"}, "is a directory"),
        ({"defaultQueue": "fast"}, "The system local has no queue fast."),
        ({"defaultMemoryPerNode": "much"}, "Invalid defaultMemoryPerNode value."),
        ({"defaultMaxRunTime": "1h"}, "Invalid defaultMaxRunTime value."),
        ({"defaultNodeCount": 2}, "It must be 1 for SERIAL and PTHREAD apps."),
        ({"helpURI": "x"}, "Invalid helpURI value."),
        ({"inputs": [{"id": "a"}, {"id": "a"}]}, "The id a is there more than once."),
        ({"inputs": [{"id": "a b"}]}, "Invalid inputs[0].id value."),
        ({"inputs": [{"id": "a", "value": {"visible": False}}]}, "Invalid inputs[0].value.visible value."),
        ({"inputs": [{"id": "a", "value": {"validator": "("}}]}, "Invalid inputs[0].value.validator value."),
        ({"parameters": [{"id": "a", "value": {"type": "thing"}}]}, "thing is not one of"),
        ({"parameters": [{"id": "a", "value": {"type": "enumeration"}}]}, "needs a list of values"),
        ({"parameters": {}}, "Invalid parameters value."),
    ],
)
def test_an_app_that_cannot_be(ada: Person, change: dict[str, Any], why: str) -> None:
    assert why in ada.post("/apps/v2/", 400, json={**named("bad"), **change})
    assert ada.get("/apps/v2/bad-1.0", 404)


@pytest.mark.parametrize("text", ["", "  ", "{", "[]", "{}"])
def test_an_empty_description_is_no_app(ada: Person, text: str) -> None:
    """A client without its template helper sends an empty part and takes any success for one."""
    assert upload(ada, "/apps/v2/", text, 400)


def test_permissions(service: Service, ada: Person) -> None:
    tim, path = newcomer(service, "tim"), f"/apps/v2/{ID}"
    assert tim.get(path, 403)
    (owner,) = ada.get(f"{path}/pems/?pretty=true")
    assert ("ada", {"read": True, "write": True, "execute": True}) == (owner["username"], owner["permission"])
    found = ada.post(f"{path}/pems/tim", 201, data={"permission": "READ_EXECUTE"})
    assert {"read": True, "write": False, "execute": True} == found["permission"]
    assert ID == tim.get(path)["id"]
    assert tim.post("/apps/v2/", 403, json=CLASSIFY)
    assert ada.get(f"{path}/pems/tim")["permission"]["execute"]
    assert ada.post(f"{path}/pems", 201, json={"username": "tim", "permission": "NONE"})
    assert tim.get(path, 403)
    assert ada.get(f"{path}/pems/tim", 404)
    assert ada.post(f"{path}/pems/tim", 400, data={"permission": "SOME"}).startswith("Unknown permission value SOME")
    ada.post(f"{path}/pems/tim", 201, data={"permission": "ALL"})
    assert tim.delete(f"{path}/pems/ada", 403)
    assert tim.delete(f"{path}/pems/tim") is None  # whoever was let may leave
    assert tim.get(path, 403)
    ada.post(f"{path}/pems/tim", 201, data={"permission": "ALL"})
    assert ada.delete(f"{path}/pems/tim") is None
    assert tim.get(path, 403)


def test_disable_and_enable(ada: Person) -> None:
    ada.post("/apps/v2/", 201, json=named("switched"))
    assert not ada.put("/apps/v2/switched-1.0", data={"action": "disable"})["available"]
    assert ada.put("/apps/v2/switched-1.0", data={"action": "enable"})["available"]
    assert ada.put("/apps/v2/switched-1.0", 400, data={"action": "x"}).startswith("Invalid action x")
    assert ada.put("/apps/v2/switched-1.0", data={"action": "erase"}) is None
    assert ada.get("/apps/v2/switched-1.0", 404)


def test_a_clone_is_ones_own_with_its_assets(ada: Person) -> None:
    """The command line sends some rubbish in front of what it means."""
    body = " --data-urlencode name=foo --data-urlencode version=2.0&action=clone&name=foo&version=2.0"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    found = ada.put(f"/apps/v2/{ID}?pretty=true", 202, content=body, headers=headers)
    assert ("foo-2.0", "/ada/applications/foo-2.0", 1) == tuple(
        found[key] for key in ("id", "deploymentPath", "revision")
    )
    copy = ada.http.get("/files/v2/media/system/local.storage/ada/applications/foo-2.0/wrapper.sh")
    assert "predictions.txt" in copy.text
    assert ada.put(f"/apps/v2/{ID}", 400, data={"action": "clone", "name": "foo", "version": "2.0"})
    for odd in (
        {"version": "\N{ARABIC-INDIC DIGIT THREE}.1"},
        {"version": "1.000000000000000"},
        {"executionSystem": "nowhere"},
        {"name": "../a"},
    ):
        assert ada.put(f"/apps/v2/{ID}", 400, json={"action": "clone", "name": "odd", "version": "1.0", **odd})
    assert ada.put(f"/apps/v2/{ID}", 400, data={"action": "clone", "name": "foo"}).endswith(
        "version of the cloned app."
    )


def test_a_published_app_is_everybodys_as_it_was_then(ada: Person, bob: Person) -> None:
    found = ada.put(f"/apps/v2/{ID}", 202, data={"action": "publish"})
    assert (f"{ID}u1", True, 1) == (found["id"], found["isPublic"], found["revision"])
    assert f"{ID}u1" in {row["id"] for row in bob.get("/apps/v2?publicOnly=true")}
    assert f"{ID}u1" not in {row["id"] for row in ada.get("/apps/v2?privateOnly=true")}
    assert f"{ID}u2" == ada.put(f"/apps/v2/{ID}", 202, data={"action": "publish"})["id"]
    assert bob.put(f"/apps/v2/{ID}u1", 403, data={"action": "publish"})
    clone = bob.put(f"/apps/v2/{ID}u1", 202, data={"action": "clone", "name": "bobs", "version": "1.0"})
    assert ("bobs-1.0", "bob", False) == tuple(clone[key] for key in ("id", "owner", "isPublic"))


def test_only_what_runs_on_a_public_system_is_published(ada: Person) -> None:
    ada.post("/systems/v2/", 201, json=changed(EXECUTION, id="adas.private"))
    ada.post("/apps/v2/", 201, json=named("private", executionSystem="adas.private", defaultQueue="debug"))
    assert "is not public" in ada.put("/apps/v2/private-1.0", 400, data={"action": "publish"})


def test_an_app_needs_the_role_of_a_publisher(ada: Person, bob: Person) -> None:
    ada.post("/systems/v2/", 201, json=changed(EXECUTION, id="adas.shared"))
    ada.post("/systems/v2/adas.shared/roles/bob", 201, json={"role": "USER"})
    deploy(bob, CLASSIFY)
    app = named("bobs", executionSystem="adas.shared")
    assert "PUBLISHER" in bob.post("/apps/v2/", 403, json={**app, "version": "2.0"})
    ada.post("/systems/v2/adas.shared/roles/bob", 201, json={"role": "PUBLISHER"})
    assert bob.post("/apps/v2/", 201, json={**app, "version": "2.0"})


def test_the_default_storage_system_holds_the_assets_when_none_is_named(ada: Person) -> None:
    app = {key: value for key, value in named("where").items() if key != "deploymentSystem"}
    assert "local.storage" == ada.post("/apps/v2/", 201, json=app)["deploymentSystem"]
    ada.post("/systems/v2/", 201, json=changed(STORAGE, id="adas.store", storage={"homeDir": "/"}))
    ada.put("/systems/v2/adas.store", data={"action": "setDefault"})
    assert "adas.store" == ada.post("/apps/v2/", 201, json=app)["deploymentSystem"]
    ada.put("/systems/v2/adas.store", data={"action": "unsetDefault"})
