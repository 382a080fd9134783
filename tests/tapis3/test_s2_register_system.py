"""Scenario S2: register a VM system, with tapipy as it is published and with plain requests."""

import pytest
from tapipy.errors import BaseTapyException, NotFoundError  # type: ignore[import-untyped]

from tests.service import Service
from tests.tapis3.bodies import vm
from tests.tapis3.envelopes import checked, refused, told
from tests.tapis3.people import Person

pytestmark = [pytest.mark.slow, pytest.mark.client]

VM = "gateways21-vm-ann"


def test_1_a_system_is_registered_once(service: Service, ann: Person) -> None:
    """The answer says where it is; a second one of that id is a conflict."""
    made = ann.http.post("systems", json=vm(VM))
    assert {"url": f"{service.url}/v3/systems/{VM}"} == told(made, 201)
    assert checked(made)["message"].startswith("SYSAPI_CREATED")
    assert VM in refused(ann.http.post("systems", json=vm(VM)), 409)


def test_1_all_that_is_wrong_is_told_at_once(ann: Person) -> None:
    """One message names every attribute."""
    without_host = {key: value for key, value in vm("new").items() if key != "host"}
    assert "host: This field is required." == refused(ann.http.post("systems", json=without_host), 400)
    bare = {key: value for key, value in vm("new").items() if key not in {"jobWorkingDir", "jobRuntimes"}}
    message = refused(ann.http.post("systems", json=bare), 400)
    assert "jobWorkingDir: " in message
    assert "jobRuntimes: " in message


def test_2_lists_show_the_summary(ann: Person) -> None:
    """Exactly seven attributes, and what is said about a list."""
    answer = ann.http.get("systems", params={"search": f"(id.eq.{VM})"})
    (found,) = told(answer)
    assert {
        "id": VM,
        "systemType": "LINUX",
        "owner": "ann",
        "host": "127.0.0.1",
        "effectiveUserId": "ann",
        "defaultAuthnMethod": "PASSWORD",
        "canExec": True,
    } == found
    assert {
        "recordCount": 1,
        "recordLimit": 100,
        "recordsSkipped": 0,
        "orderBy": None,
        "startAfter": None,
        "totalCount": -1,
    } == checked(answer)["metadata"]


def test_3_the_whole_system_is_shown(ann: Person) -> None:
    """With every default filled in, and no secret."""
    found = told(ann.http.get(f"systems/{VM}"))
    assert {
        "owner": "ann",
        "effectiveUserId": "ann",
        "isDynamicEffectiveUser": True,
        "enabled": True,
        "canRunBatch": False,
        "jobMaxJobs": 2147483647,
        "authnCredential": None,
        "rootDir": "/home/ann",
        "tags": [],
        "notes": {},
        "deleted": False,
        "isPublic": False,
        "sharedWithUsers": [],
        "port": 22,
        "hasCredentials": False,
    }.items() <= found.items()
    assert "SINGULARITY" == found["jobRuntimes"][0]["runtimeType"]
    assert all(found[key] for key in ("uuid", "created", "updated"))


def test_4_it_is_changed(service: Service, ann: Person) -> None:
    """What stays as it is cannot even be named in a PATCH."""
    assert {"url": f"{service.url}/v3/systems/{VM}"} == told(
        ann.http.patch(f"systems/{VM}", json={"description": "new"})
    )
    assert "new" == told(ann.http.get(f"systems/{VM}"))["description"]
    for body in ({"rootDir": "/x"}, {"id": "other"}, {"canExec": False}, {"nothing": 1}):
        assert "There is no such field" in refused(ann.http.patch(f"systems/{VM}", json=body), 400)


def test_5_credentials_are_stored(ann: Person) -> None:
    """The answer has no result; the system knows of it, and nobody gets it back."""
    where = f"systems/credential/{VM}/user/ann"
    assert None is told(ann.http.post(where, params={"skipCredentialCheck": "true"}, json={"password": "x"}), 201)
    assert True is told(ann.http.get(f"systems/{VM}"))["hasCredentials"]
    assert "services" in refused(ann.http.get(where), 403)
    assert None is told(ann.http.delete(where), 201)
    assert False is told(ann.http.get(f"systems/{VM}"))["hasCredentials"]


def test_7_it_is_switched_off_and_on(ann: Person) -> None:
    """Doing it again changes nothing."""
    assert {"changes": 1} == told(ann.http.post(f"systems/{VM}/disable"))
    assert {"changes": 0} == told(ann.http.post(f"systems/{VM}/disable"))
    assert {"aBool": False} == told(ann.http.get(f"systems/{VM}/isEnabled"))
    assert {"changes": 1} == told(ann.http.post(f"systems/{VM}/enable"))
    assert {"aBool": True} == told(ann.http.get(f"systems/{VM}/isEnabled"))


def test_the_published_client_does_all_of_it(service: Service, ann: Person, bob: Person) -> None:
    """The calls of a notebook, one after another; arguments that a newer client drops are not missed."""
    systems, name = ann.tapis.systems, "client-vm"
    assert f"{service.url}/v3/systems/{name}" == systems.createSystem(**vm(name), jobIsBatch=True, bogus=1).url
    with pytest.raises(BaseTapyException, match=name):
        systems.createSystem(**vm(name))
    assert name in [one.id for one in systems.getSystems()]
    (found,) = systems.getSystems(listType="ALL", select="allAttributes", limit=5, search=f"(id.eq.{name})")
    assert ("workdir", "SINGULARITY") == (found.jobWorkingDir, found.jobRuntimes[0].runtimeType)
    assert "/home/ann" == systems.getSystem(systemId=name).rootDir
    with pytest.raises(NotFoundError, match="nope"):
        systems.getSystem(systemId="nope")
    assert True is systems.isEnabled(systemId=name).aBool
    assert f"{service.url}/v3/systems/{name}" == systems.patchSystem(systemId=name, description="new").url
    stored = systems.createUserCredential(systemId=name, userName="ann", password="x", skipCredentialCheck=True)
    assert ("success", None) == (stored["status"], stored["result"])
    assert "success" == systems.createUserCredential(systemId=name, userName="ann", password="")["status"]
    assert "success" == systems.grantUserPerms(systemId=name, userName="bob", permissions=["READ"])["status"]
    assert ["READ"] == [str(one) for one in systems.getUserPerms(systemId=name, userName="bob").names]
    assert "bob" == bob.tapis.systems.getSystem(systemId=name).effectiveUserId
