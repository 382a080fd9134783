"""Systems through the door: who may do what, lists, deletion, children, history, what is refused."""

import itertools
import json
from collections.abc import Iterator

import httpx2
import pytest

from tests.service import Service
from tests.tapis3.bodies import hpc, vm
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import Person, requests

pytestmark = pytest.mark.slow

_numbers = itertools.count(1)


@pytest.fixture
def name(ann: Person) -> str:
    """A new system of ann's."""
    name = f"sys{next(_numbers)}"
    told(ann.http.post("systems", json=vm(name)), 201)
    return name


@pytest.fixture(scope="session")
def admin(service: Service) -> Iterator[httpx2.Client]:
    """Somebody who may do more."""
    words = ("account", "add", "root", "--email", "root@example.com", "--password", "pw", "--admin", "--output", "json")
    with requests(service, json.loads(service.command(*words).stdout)["token"]) as http:
        yield http


def ids(http: httpx2.Client, **query: str) -> list[str]:
    return [one["id"] for one in told(http.get("systems", params=query))]


def test_the_house_itself_is_a_system_for_everybody(ann: Person, bob: Person, admin: httpx2.Client) -> None:
    """Public, to run on; only admins change it, and nobody's list of their own shows it."""
    for person in (ann, bob):
        assert "local" in ids(person.http, listType="SHARED_PUBLIC")
        assert "local" in ids(person.http, listType="ALL")
        assert "local" not in ids(person.http)
        found = told(person.http.get("systems/local", params={"requireExecPerm": "true"}))
        assert ("dragoman", "LINUX", "localhost", "/", person.name, True, True, True, False) == tuple(
            found[key]
            for key in (
                *("owner", "systemType", "host", "rootDir", "effectiveUserId"),
                *("isPublic", "canExec", "enableCmdPrefix", "canRunBatch"),
            )
        )
        assert ["ZIP", "SINGULARITY"] == [one["runtimeType"] for one in found["jobRuntimes"]]
        refused(person.http.patch("systems/local", json={"description": "mine"}), 403)
        why = "Only its owner and admins may manage the system local."
        assert why == refused(person.http.post("systems/local/disable"), 403)
    assert {"changes": 0} == told(admin.post("systems/local/enable"))


def test_what_somebody_may_not_see_is_denied_by_name(bob: Person, name: str) -> None:
    """403 for a system of somebody else's, 404 for one that there is not."""
    for path in ("", "/isEnabled", "/history"):
        refused(bob.http.get(f"systems/{name}{path}"), 403)
        refused(bob.http.get(f"systems/no-such{path}"), 404)
    assert name not in ids(bob.http, listType="ALL")


def test_permissions_are_granted_and_revoked(ann: Person, bob: Person, name: str) -> None:
    """MODIFY implies READ, and lets change but not manage; one may give up one's own."""
    perms = f"systems/perms/{name}/user/bob"
    assert {"names": []} == told(bob.http.get(perms))
    told(ann.http.post(perms, json={"permissions": ["modify", "MODIFY"]}), 201)
    assert {"names": ["MODIFY"]} == told(bob.http.get(perms))
    told(bob.http.patch(f"systems/{name}", json={"description": "by bob"}))
    assert "by bob" == told(ann.http.get(f"systems/{name}"))["description"]
    for path in ("disable", "delete", "changeOwner/bob"):
        refused(bob.http.post(f"systems/{name}/{path}"), 403)
    refused(bob.http.post(perms, json={"permissions": ["EXECUTE"]}), 403)
    refused(bob.http.get(f"systems/{name}", params={"requireExecPerm": "true"}), 403)
    assert name in ids(bob.http, listType="READ_PERM")
    told(bob.http.delete(f"{perms}/MODIFY"), 201)
    refused(bob.http.get(f"systems/{name}"), 403)
    told(ann.http.post(perms, json={"permissions": ["*"]}), 201)
    assert {"names": ["EXECUTE", "MODIFY", "READ"]} == told(ann.http.get(perms))
    told(ann.http.post(f"{perms}/revoke", json={"permissions": ["READ", "EXECUTE"]}), 201)
    assert {"names": ["MODIFY"]} == told(ann.http.get(perms))


def test_what_is_wrong_with_permissions_is_told(ann: Person, name: str) -> None:
    """Unknown words, unknown people, nothing at all."""
    perms = f"systems/perms/{name}/user"
    assert "FLY" in refused(ann.http.post(f"{perms}/bob", json={"permissions": ["FLY"]}), 400)
    assert "nobody-here" in refused(ann.http.post(f"{perms}/nobody-here", json={"permissions": ["READ"]}), 400)
    wrong: list[dict[str, object]] = [{}, {"permissions": []}, {"permissions": "READ"}]
    for body in wrong:
        refused(ann.http.post(f"{perms}/bob", json=body), 400)
    assert {"names": ["EXECUTE", "MODIFY", "READ"]} == told(ann.http.get(f"{perms}/ann"))


def test_shares_let_see_and_run(ann: Person, bob: Person, name: str) -> None:
    """With some people, or with everybody; the owner alone decides."""
    refused(bob.http.post(f"systems/share/{name}", json={"users": ["bob"]}), 403)
    assert None is told(ann.http.post(f"systems/share/{name}", json={"users": ["bob"]}))
    assert ["bob"] == told(bob.http.get(f"systems/{name}", params={"requireExecPerm": "true"}))["sharedWithUsers"]
    assert name in ids(bob.http, listType="SHARED_DIRECT")
    assert name in ids(bob.http, listType="MINE")
    refused(bob.http.patch(f"systems/{name}", json={"description": "x"}), 403)
    shares = told(bob.http.get(f"systems/share/{name}"))
    assert (False, ["bob"]) == (shares["public"], shares["userList"])
    assert {("ann", "bob", "READ"), ("ann", "bob", "EXECUTE")} == {
        (one["grantor"], one["grantee"], one["privilege"]) for one in shares["shareRecords"]
    }
    told(ann.http.post(f"systems/unshare/{name}", json={"users": ["bob"]}))
    refused(bob.http.post(f"systems/unshare/{name}", json={"users": ["bob"]}), 403)
    told(ann.http.post(f"systems/share/{name}", json={"users": ["ann", "bob"]}))
    refused(bob.http.post(f"systems/unshare/{name}", json={"users": ["ann"]}), 403)
    told(bob.http.post(f"systems/unshare/{name}", json={"users": ["bob"]}))
    assert ["ann"] == told(ann.http.get(f"systems/share/{name}"))["userList"]
    told(ann.http.post(f"systems/unshare/{name}", json={"users": ["ann"]}))
    refused(bob.http.get(f"systems/{name}"), 403)
    told(ann.http.post(f"systems/share_public/{name}"))
    assert True is told(bob.http.get(f"systems/{name}"))["isPublic"]
    assert name in ids(bob.http, listType="SHARED_PUBLIC")
    told(ann.http.post(f"systems/unshare_public/{name}"))
    refused(bob.http.get(f"systems/{name}"), 403)
    wrong: list[dict[str, object]] = [{"users": []}, {}, {"users": ["nobody-here"]}]
    for body in wrong:
        refused(ann.http.post(f"systems/share/{name}", json=body), 400)


def test_an_admin_manages_but_does_not_run(admin: httpx2.Client, name: str) -> None:
    """Everything that its owner may, but for running there."""
    assert "ann" == told(admin.get(f"systems/{name}"))["owner"]
    refused(admin.get(f"systems/{name}", params={"requireExecPerm": "true"}), 403)
    assert {"changes": 1} == told(admin.post(f"systems/{name}/disable"))
    told(admin.post("systems", json=vm(f"{name}-for-ann", owner="ann") | {"owner": "ann"}), 201)
    assert "ann" == told(admin.get(f"systems/{name}-for-ann"))["owner"]


def test_nobody_registers_a_system_for_others(bob: Person) -> None:
    """But an admin."""
    assert "admin" in refused(bob.http.post("systems", json=vm("for-ann", owner="ann") | {"owner": "ann"}), 403)


def test_a_deleted_system_keeps_its_id(ann: Person, bob: Person, name: str) -> None:
    """It is gone for everybody, can be brought back, and then has neither permissions nor credentials."""
    told(ann.http.post(f"systems/perms/{name}/user/bob", json={"permissions": ["READ"]}), 201)
    told(ann.http.post(f"systems/credential/{name}/user/ann", json={"password": ""}), 201)
    assert {"changes": 1} == told(ann.http.post(f"systems/{name}/delete"))
    assert {"changes": 0} == told(ann.http.post(f"systems/{name}/delete"))
    refused(ann.http.get(f"systems/{name}"), 404)
    refused(ann.http.patch(f"systems/{name}", json={}), 404)
    assert name not in ids(ann.http, limit="-1")
    assert name in ids(ann.http, limit="-1", showDeleted="true")
    assert "SYSAPI_SYS_EXISTS There is a system" in refused(ann.http.post("systems", json=vm(name)), 409)
    refused(bob.http.post(f"systems/{name}/undelete"), 403)
    assert {"changes": 1} == told(ann.http.post(f"systems/{name}/undelete"))
    assert {"changes": 0} == told(ann.http.post(f"systems/{name}/undelete"))
    assert False is told(ann.http.get(f"systems/{name}"))["hasCredentials"]
    refused(bob.http.get(f"systems/{name}"), 403)


def test_a_system_is_given_away(ann: Person, bob: Person, name: str) -> None:
    """To somebody who is there; to its owner it cannot be given."""
    assert {"changes": 0} == told(ann.http.post(f"systems/{name}/changeOwner/ann"))
    refused(ann.http.post(f"systems/{name}/changeOwner/nobody-here"), 400)
    assert {"changes": 1} == told(ann.http.post(f"systems/{name}/changeOwner/bob"))
    assert "bob" == told(bob.http.get(f"systems/{name}"))["owner"]
    refused(ann.http.get(f"systems/{name}"), 403)


def test_history_tells_what_was_done_and_by_whom(ann: Person, bob: Person, name: str) -> None:
    """In order, without secrets."""
    where = f"systems/credential/{name}/user/ann"
    told(ann.http.post(where, params={"skipCredentialCheck": "true"}, json={"password": "hush-hush"}), 201)
    told(ann.http.post(f"systems/perms/{name}/user/bob", json={"permissions": ["MODIFY"]}), 201)
    told(bob.http.patch(f"systems/{name}", json={"description": "x"}))
    told(ann.http.post(f"systems/{name}/disable"))
    history = told(ann.http.get(f"systems/{name}/history"))
    assert [("CREATE", "ann"), ("SET_CRED", "ann"), ("GRANT_PERMS", "ann"), ("MODIFY", "bob"), ("DISABLE", "ann")] == [
        (one["operation"], one["oboUser"]) for one in history
    ]
    assert {"description": "x"} == json.loads(history[3]["description"])
    assert "hush" not in json.dumps(history)


def test_put_replaces_what_can_be_replaced(service: Service, ann: Person, name: str) -> None:
    """What was shown can be sent back; the rest stays."""
    shown = told(ann.http.get(f"systems/{name}"))
    body = {**shown, "tags": ["a"], "rootDir": "/elsewhere", "effectiveUserId": "root", "enabled": False}
    assert {"url": f"{service.url}/v3/systems/{name}"} == told(ann.http.put(f"systems/{name}", json=body))
    changed = told(ann.http.get(f"systems/{name}"))
    assert {**shown, "tags": ["a"], "updated": changed["updated"]} == changed
    assert shown["updated"] < changed["updated"]


def test_one_login_for_everybody(ann: Person, bob: Person) -> None:
    """A system may have a name under which all log in; its credential is that name's, and its owner's to set."""
    told(ann.http.post("systems", json=vm("shared-login", effectiveUserId="svc")), 201)
    told(ann.http.post("systems/share/shared-login", json={"users": ["bob"]}))
    found = told(bob.http.get("systems/shared-login"))
    assert ("svc", False, False) == tuple(
        found[key] for key in ("effectiveUserId", "isDynamicEffectiveUser", "hasCredentials")
    )
    where, skip = "systems/credential/shared-login/user", {"skipCredentialCheck": "true"}
    assert "svc" in refused(ann.http.post(f"{where}/ann", params=skip, json={"password": "x"}), 400)
    refused(bob.http.post(f"{where}/svc", params=skip, json={"password": "x"}), 403)
    other = {"password": "x", "loginUser": "root"}
    assert "loginUser" in refused(ann.http.post(f"{where}/svc", params=skip, json=other), 400)
    told(ann.http.post(f"{where}/svc", params=skip, json={"privateKey": "a", "publicKey": "b"}), 201)
    assert True is told(bob.http.get("systems/shared-login"))["hasCredentials"]
    assert "shared-login" in ids(bob.http, listType="ALL", hasCredentials="true")
    told(ann.http.patch("systems/shared-login", json={"effectiveUserId": "other"}))
    assert False is told(bob.http.get("systems/shared-login"))["hasCredentials"]
    told(ann.http.patch("systems/shared-login", json={"effectiveUserId": "${apiUserId}"}))
    assert "bob" == told(bob.http.get("systems/shared-login"))["effectiveUserId"]


def test_people_may_have_another_name_on_a_host(ann: Person, name: str) -> None:
    """``loginUser`` maps them; the system shows it."""
    where, skip = f"systems/credential/{name}/user/ann", {"skipCredentialCheck": "true"}
    told(ann.http.post(where, params=skip, json={"password": "x", "loginUser": "ann01"}), 201)
    assert "ann01" == told(ann.http.get(f"systems/{name}"))["effectiveUserId"]
    assert name in ids(ann.http, search="(effective_user_id.eq.ann01)")


def test_what_is_wrong_with_a_credential_is_told(ann: Person, name: str) -> None:
    """Half of a pair, nothing, unknown people; and what this house does not have."""
    where = f"systems/credential/{name}/user"
    for body in ({}, {"accessKey": "x"}, {"publicKey": "x"}, {"loginUser": "x"}, {"password": 5}, {"pass": "x"}):
        refused(ann.http.post(f"{where}/ann", params={"skipCredentialCheck": "true"}, json=body), 400)
    refused(ann.http.post(f"{where}/nobody-here", params={"skipCredentialCheck": "true"}, json={"password": ""}), 400)
    refused(ann.http.post(f"{where}/ann/check"), 404)
    assert "ot supported here" in refused(ann.http.post(f"{where}/ann?createTmsKeys=true", json={}), 400)
    assert "ot supported here" in refused(ann.http.get(f"systems/credential/{name}/globus/authUrl"), 400)
    assert "ot supported here" in refused(ann.http.post(f"{where}/ann/globus/tokens/a/b"), 400)


def test_children_are_what_their_parent_is(ann: Person, bob: Person) -> None:
    """They follow it until they are set free; a parent with children stays."""
    told(ann.http.post("systems", json=hpc("parent", allowChildren=True)), 201)
    told(ann.http.post("systems/share_public/parent"))
    body = {"rootDir": "/work/${apiUserId}", "effectiveUserId": "${apiUserId}"}
    assert told(bob.http.post("systems/parent/createChildSystem", json=body), 201)["url"].endswith("/parent-bob")
    refused(bob.http.post("systems/parent/createChildSystem", json=body), 409)
    child = told(bob.http.get("systems/parent-bob"))
    assert ("bob", "parent", "/work/bob", "SLURM", False) == tuple(
        child[key] for key in ("owner", "parentId", "rootDir", "batchScheduler", "allowChildren")
    )
    told(ann.http.patch("systems/parent", json={"host": "10.0.0.1", "tags": ["new"]}))
    child = told(bob.http.get("systems/parent-bob"))
    assert ("10.0.0.1", ["new"], "/work/bob", "parent") == tuple(
        child[key] for key in ("host", "tags", "rootDir", "parentId")
    )
    assert "child" in refused(bob.http.patch("systems/parent-bob", json={"host": "x"}), 400)
    refused(bob.http.post("systems/parent-bob/createChildSystem", json=body), 400)
    assert "parent-bob" in refused(ann.http.post("systems/parent/delete"), 400)
    assert "allowChildren" in refused(ann.http.patch("systems/parent", json={"allowChildren": False}), 400)
    refused(ann.http.post("systems/parent/unlinkChildren", json={"childSystemIds": ["local"]}), 400)
    assert {"changes": 1} == told(bob.http.post("systems/parent-bob/unlinkFromParent"))
    assert {"changes": 0} == told(bob.http.post("systems/parent-bob/unlinkFromParent"))
    free = told(bob.http.get("systems/parent-bob"))
    assert (None, "10.0.0.1") == (free["parentId"], free["host"])
    told(bob.http.post("systems/parent/createChildSystem", json={**body, "id": "second"}), 201)
    assert {"changes": 1} == told(ann.http.post("systems/parent/unlinkChildren?all=true"))
    assert {"changes": 1} == told(ann.http.post("systems/parent/delete"))


def test_a_system_without_children_has_none(ann: Person, name: str) -> None:
    """Unless it says that it may."""
    body = {"rootDir": "/x", "effectiveUserId": "y"}
    assert "allow" in refused(ann.http.post(f"systems/{name}/createChildSystem", json=body), 400)


def test_systems_are_found_by_what_they_are_capable_of(ann: Person, bob: Person) -> None:
    """Where one may run, and only there; what a system does not have meets no condition."""
    gpu = [
        {"category": "HARDWARE", "name": "gpus", "datatype": "INTEGER", "value": "4"},
        {"category": "SCHEDULER", "name": "type", "datatype": "STRING", "value": "slurm"},
    ]
    told(ann.http.post("systems", json=vm("gpu-box", jobCapabilities=gpu)), 201)
    match = "systems/match/constraints"
    for conditions in (["scheduler.type = 'slurm'"], ["Hardware.GPUs >= 2", "AND scheduler.type IN ('slurm')"]):
        assert ["gpu-box"] == [one["id"] for one in told(ann.http.post(match, json={"match": conditions}))]
        assert [] == told(bob.http.post(match, json={"match": conditions}))
    assert [] == told(ann.http.post(match, json={"match": ["hardware.gpus > 4 OR os.name = 'x'"]}))
    for body in ({}, {"match": ["hardware.gpus >"]}):
        refused(ann.http.post(match, json=body), 400)


def test_dedicated_searches_work_with_the_published_client(ann: Person, name: str) -> None:
    """By parameters and by SQL."""
    systems = ann.tapis.systems
    found = systems.searchSystemsQueryParameters(_tapis_query_parameters={"id.eq": name})
    assert [name] == [one.id for one in found]
    found = systems.searchSystemsRequestBody(search=[f"id = '{name}'", "AND canExec = TRUE"])
    assert [name] == [one.id for one in found]


def test_hosts_are_not_asked_by_those_who_may_not_run_there(bob: Person, name: str) -> None:
    """Nor about what is no variable."""
    refused(bob.http.get(f"systems/{name}/hostEval/HOME"), 403)
    refused(bob.http.get("systems/local/hostEval/A-B"), 400)


def test_nobody_without_a_token(nobody: httpx2.Client) -> None:
    """No list, no system, no profile."""
    for path in ("systems", "systems/local", "systems/schedulerProfile", "apps"):
        refused(nobody.get(path), 401)


def test_a_system_that_moves_to_another_host_takes_no_secrets_along(ann: Person, bob: Person, name: str) -> None:
    """Whoever may change a system cannot have the logins of others sent to a host of their choice."""
    ann.http.post(f"systems/perms/{name}/user/{bob.name}", json={"permissions": ["MODIFY"]})
    secret = {"password": "mine"}
    told(ann.http.post(f"systems/credential/{name}/user/{ann.name}?skipCredentialCheck=true", json=secret), 201)
    assert told(ann.http.get(f"systems/{name}"))["hasCredentials"] is True
    told(bob.http.patch(f"systems/{name}", json={"description": "the same host"}))
    assert told(ann.http.get(f"systems/{name}"))["hasCredentials"] is True
    told(bob.http.patch(f"systems/{name}", json={"host": "elsewhere.example.com"}))
    assert told(ann.http.get(f"systems/{name}"))["hasCredentials"] is False
