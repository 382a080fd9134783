"""The execution system that is found by constraints is one that can run the app; else each says why it cannot."""

from typing import Any

import pytest

from tests.service import Service
from tests.tapis3.bodies import QUEUE, vm
from tests.tapis3.envelopes import refused, told
from tests.tapis3.people import Person, newcomer

pytestmark = [pytest.mark.slow]

MARK = {"category": "CUSTOM", "name": "of", "datatype": "STRING", "value": "dora"}
DOCKER = {"jobRuntimes": [{"runtimeType": "DOCKER"}]}
BATCH = {
    "canRunBatch": True,
    "batchScheduler": "SLURM",
    "batchDefaultLogicalQueue": QUEUE["name"],
    "batchLogicalQueues": [QUEUE],
}


@pytest.fixture(scope="module")
def dora(service: Service) -> Person:
    """Somebody with a Docker app that runs wherever it can, and systems that cannot run it."""
    who = newcomer(service, "dora")
    for name, more in (("a-other", {}), ("b-batch", {**DOCKER, **BATCH}), ("c-closed", DOCKER)):
        add(who, name, **more)
    for name in ("a-other", "b-batch"):
        log_in(who, name)
    app = {"id": "anywhere", "version": "1", "runtime": "DOCKER", "containerImage": "tapis/busybox:1"}
    where = {"dynamicExecSystem": True, "execSystemConstraints": ["custom.of = 'dora'"]}
    told(who.http.post("apps", json={**app, "jobAttributes": where}), 201)
    told(who.http.post("apps", json={**app, "id": "wherever"}), 201)
    return who


def add(who: Person, name: str, **more: Any) -> None:
    """Register a host that nobody answers at."""
    told(who.http.post("systems", json=vm(f"dora-{name}", who.name, jobCapabilities=[MARK], **more)), 201)


def log_in(who: Person, name: str) -> None:
    """Store a password for it."""
    where = f"systems/credential/dora-{name}/user/{who.name}?skipCredentialCheck=true"
    told(who.http.post(where, json={"password": "x"}), 201)


def submit(who: Person, app: str) -> Any:
    """Ask for a job."""
    asked = {"name": "j", "appId": app, "appVersion": "1", "dynamicExecSystem": True}
    return who.http.post("jobs/submit", json=asked)


def test_systems_that_cannot_run_the_app_are_left_out(dora: Person) -> None:
    """None is left: each says why. One that can is taken, also where the service's own host would come before it."""
    why = refused(submit(dora, "anywhere"), 400)
    assert "execSystemConstraints" in why
    assert "dora-a-other has no DOCKER among its jobRuntimes" in why
    assert "dora-b-batch runs Docker apps as FORK jobs only" in why
    assert "dora-c-closed is none that you have a login for" in why
    add(dora, "z-able", **DOCKER)
    log_in(dora, "z-able")
    for app in ("anywhere", "wherever"):
        job = told(submit(dora, app))
        told(dora.http.post(f"jobs/{job['uuid']}/cancel"))
        assert app == "wherever" or job["execSystemId"] == "dora-z-able"


def test_a_system_that_is_named_is_taken_whatever_runtimes_it_tells_of(dora: Person) -> None:
    """As the original does, which asks for one at least."""
    asked = {"name": "j", "appId": "wherever", "appVersion": "1", "execSystemId": "dora-a-other"}
    job = told(dora.http.post("jobs/submit", json=asked))
    assert "dora-a-other" == job["execSystemId"]
    told(dora.http.post(f"jobs/{job['uuid']}/cancel"))
