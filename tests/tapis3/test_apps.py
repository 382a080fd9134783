"""Apps through the door: versions, switches, locks, rights, deletion, history."""

import itertools
import json

import pytest

from tests.service import Service
from tests.tapis3.bodies import image_classifier
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import Person

pytestmark = pytest.mark.slow

_numbers = itertools.count(1)


@pytest.fixture
def name(ann: Person) -> str:
    """A new app of ann's, in version 0.0.1."""
    name = f"app{next(_numbers)}"
    told(ann.http.post("apps", json=image_classifier(name)), 201)
    return name


def versions(person: Person, **query: str) -> list[tuple[str, str]]:
    found = told(person.http.get("apps", params={"limit": "-1", **query}))
    return [(one["id"], one["version"]) for one in found]


def test_the_latest_version_is_the_one_created_last(ann: Person, name: str) -> None:
    """Whatever its number; lists show that one, unless they are searched for versions."""
    told(ann.http.post("apps", json=image_classifier(name, version="2.0", owner="bob", enabled=False)), 201)
    told(ann.http.post("apps", json=image_classifier(name, version="1.0")), 201)
    latest = told(ann.http.get(f"apps/{name}"))
    assert ("1.0", "ann", True) == (latest["version"], latest["owner"], latest["enabled"])
    assert [(name, "1.0")] == versions(ann, search=f"(id.eq.{name})")
    every = [(name, "0.0.1"), (name, "2.0"), (name, "1.0")]
    assert every == versions(ann, search=f"(id.eq.{name})~(version.like.*)")
    assert [name] == [one.id for one in ann.tapis.apps.searchAppsRequestBody(search=[f"id = '{name}'"])]


def test_a_version_is_added_by_those_who_may_change_the_app(ann: Person, bob: Person, name: str) -> None:
    """The id of somebody else's app is theirs."""
    refused(bob.http.post("apps", json=image_classifier(name, version="2")), 403)
    told(ann.http.post(f"apps/perms/{name}/user/bob", json={"permissions": ["MODIFY"]}), 201)
    told(bob.http.post("apps", json=image_classifier(name, version="2")), 201)
    assert "ann" == told(bob.http.get(f"apps/{name}/2"))["owner"]


def test_apps_of_the_house_keep_their_ids(ann: Person, service: Service) -> None:
    """The catalogue's apps show only where they have a facet; nobody takes their names."""
    assert [] == [one for one in versions(ann, listType="ALL") if one[0] in {"python", "shell", "openfoam"}]
    refused(ann.http.get("apps/python"), 404)
    refused(ann.http.post("apps", json=image_classifier("python", version="99")), 409)
    told(ann.http.post("apps", json=image_classifier("not-for-others")), 201)
    with service.client(ann.account.token) as rescale:
        codes = [one["code"] for one in rescale.get("analyses/").json()["results"]]
    assert "not-for-others" not in codes
    assert codes


def test_an_app_and_a_version_are_switched_apart(ann: Person, bob: Person, name: str) -> None:
    """Both must be on for a version to be."""
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/0.0.1/disable"))
    assert {"changes": 0} == told(ann.http.post(f"apps/{name}/0.0.1/disable"))
    assert {"aBool": True} == told(ann.http.get(f"apps/{name}/isEnabled"))
    assert {"aBool": False} == told(ann.http.get(f"apps/{name}/isEnabled", params={"version": "0.0.1"}))
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/0.0.1/enable"))
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/disable"))
    assert {"aBool": False} == told(ann.http.get(f"apps/{name}/isEnabled", params={"version": "0.0.1"}))
    assert (False, True) == tuple(told(ann.http.get(f"apps/{name}"))[key] for key in ("enabled", "versionEnabled"))
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/enable"))
    refused(ann.http.get(f"apps/{name}/isEnabled", params={"version": "9"}), 404)
    refused(bob.http.post(f"apps/{name}/disable"), 403)


def test_a_locked_version_is_not_changed(ann: Person, name: str) -> None:
    """Until it is unlocked."""
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/0.0.1/lock"))
    assert {"changes": 0} == told(ann.http.post(f"apps/{name}/0.0.1/lock"))
    assert "APPLIB_UNAUTH_LOCKED" in refused(ann.http.patch(f"apps/{name}/0.0.1", json={"tags": ["x"]}), 403)
    refused(ann.http.put(f"apps/{name}/0.0.1", json=image_classifier(name)), 403)
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/0.0.1/unlock"))
    told(ann.http.patch(f"apps/{name}/0.0.1", json={"tags": ["x"]}))
    assert ["x"] == told(ann.http.get(f"apps/{name}"))["tags"]


def test_a_version_is_changed_alone(service: Service, ann: Person, name: str) -> None:
    """Others stay as they are."""
    told(ann.http.post("apps", json=image_classifier(name, version="2")), 201)
    url = {"url": f"{service.url}/v3/apps/{name}/2"}
    assert url == told(ann.http.patch(f"apps/{name}/2", json={"jobAttributes": {"memoryMB": 7}}))
    memory = [told(ann.http.get(f"apps/{name}/{one}"))["jobAttributes"]["memoryMB"] for one in ("0.0.1", "2")]
    assert [1, 7] == memory
    assert url == told(ann.http.put(f"apps/{name}/2", json={"containerImage": "x"}))
    assert ("DOCKER", 100) == (
        told(ann.http.get(f"apps/{name}/2"))["runtime"],
        told(ann.http.get(f"apps/{name}/2"))["jobAttributes"]["memoryMB"],
    )
    refused(ann.http.patch(f"apps/{name}/3", json={}), 404)
    assert "tags" in refused(ann.http.patch(f"apps/{name}/2", json={"tags": 5}), 400)


def test_shares_lend_an_app(ann: Person, bob: Person, name: str) -> None:
    """Whoever uses it so, is told whose it is."""
    refused(bob.http.get(f"apps/{name}"), 403)
    told(ann.http.post(f"apps/share/{name}", json={"users": ["bob"]}))
    found = told(bob.http.get(f"apps/{name}", params={"requireExecPerm": "true"}))
    assert ("ann", ["bob"]) == (found["sharedAppCtx"], found["sharedWithUsers"])
    assert None is told(ann.http.get(f"apps/{name}"))["sharedAppCtx"]
    assert [(name, "0.0.1")] == versions(bob, listType="SHARED_DIRECT", search=f"(id.eq.{name})")
    told(ann.http.post(f"apps/unshare/{name}", json={"users": ["bob"]}))
    refused(bob.http.post(f"apps/unshare/{name}", json={"users": ["bob"]}), 403)
    told(ann.http.post(f"apps/share/{name}", json={"users": ["ann", "bob"]}))
    refused(bob.http.post(f"apps/unshare/{name}", json={"users": ["ann"]}), 403)
    told(bob.http.post(f"apps/unshare/{name}", json={"users": ["bob"]}))
    assert ["ann"] == told(ann.http.get(f"apps/share/{name}"))["userList"]
    told(ann.http.post(f"apps/unshare/{name}", json={"users": ["ann"]}))
    told(ann.http.post(f"apps/perms/{name}/user/bob", json={"permissions": ["READ"]}), 201)
    refused(bob.http.get(f"apps/{name}", params={"requireExecPerm": "true"}), 403)
    told(ann.http.post(f"apps/share_public/{name}"))
    assert (True, []) == tuple(told(bob.http.get(f"apps/share/{name}"))[key] for key in ("public", "userList"))


def test_a_deleted_app_keeps_its_id(ann: Person, bob: Person, name: str) -> None:
    """All versions go, and come back together, without permissions."""
    told(ann.http.post("apps", json=image_classifier(name, version="2")), 201)
    told(ann.http.post(f"apps/perms/{name}/user/bob", json={"permissions": ["READ"]}), 201)
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/delete"))
    assert {"changes": 0} == told(ann.http.post(f"apps/{name}/delete"))
    refused(ann.http.get(f"apps/{name}"), 404)
    refused(ann.http.get(f"apps/{name}/2"), 404)
    refused(ann.http.post("apps", json=image_classifier(name, version="3")), 409)
    assert (name, "2") in versions(ann, showDeleted="true")
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/undelete"))
    assert "2" == told(ann.http.get(f"apps/{name}"))["version"]
    refused(bob.http.get(f"apps/{name}"), 403)


def test_an_app_is_given_away_and_its_history_kept(ann: Person, bob: Person, name: str) -> None:
    """With all versions."""
    told(ann.http.patch(f"apps/{name}/0.0.1", json={"description": "x"}))
    assert {"changes": 1} == told(ann.http.post(f"apps/{name}/changeOwner/bob"))
    refused(ann.http.get(f"apps/{name}"), 403)
    history = told(bob.http.get(f"apps/{name}/history"))
    assert [("CREATE", "0.0.1", "ann"), ("MODIFY", "0.0.1", "ann"), ("CHANGE_OWNER", None, "ann")] == [
        (one["operation"], one["appVersion"], one["oboUser"]) for one in history
    ]
    assert {"description": "x"} == json.loads(history[1]["description"])
