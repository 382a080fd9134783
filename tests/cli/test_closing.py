"""An account that is closed beside the running service: nobody gets in by it any longer, and its jobs end."""

import json
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest

from tests.scenarios.rescale import Rescale, basic
from tests.service import PASSWORD, Account, Service, running_service, wait_until

pytestmark = pytest.mark.slow

FIELD_JOB = """\
name: forever
plugins: [{name: p, pluginSpec: {image: "theone/imagesampler:0.3.0"}}]
nodes: {W023: }
scienceRules: ["schedule(p): cronjob('p', '* * * * *')"]
"""


def at(service: Service) -> httpx2.Client:
    """A client of all doors, that brings no key."""
    return httpx2.Client(base_url=service.url, timeout=120, trust_env=False)


def logins(service: Service, ada: Account) -> dict[str, Mapping[str, str]]:
    """Headers by which ada gets in, each by the address that she asks with them."""
    form = {"grant_type": "password", "username": "ada", "password": PASSWORD}
    with at(service) as http:
        signed = http.post("/v3/oauth2/tokens", data=form).json()["result"]["access_token"]["access_token"]
        client = http.post("/clients/v2", data={"clientName": "mine"}, auth=("ada", PASSWORD)).json()["result"]
        pair = http.post("/token", data=form, auth=(client["consumerKey"], client["consumerSecret"])).json()
    return {
        "/api/v2/users/me/": {"Authorization": f"Token {ada.token}"},
        "/v3/oauth2/userinfo": {"X-Tapis-Token": signed},
        "/profiles/v2/me": {"Authorization": f"Bearer {pair['access_token']}"},
        "/users/~self": {"Authorization": f"Sage {ada.token}"},
    }


def statuses(service: Service, asked: Mapping[str, Mapping[str, str]]) -> list[int]:
    """What each of these requests is answered with."""
    with at(service) as http:
        return [http.get(path, headers=headers).status_code for path, headers in asked.items()]


def field_job(service: Service, ada: Account) -> str:
    """A job on a node that nobody ends but she."""
    auth = {"Authorization": f"Sage {ada.token}"}
    with at(service) as http:
        made = http.post("/api/v1/submit?dryrun=false", headers=auth, content=FIELD_JOB)
    return str(made.json()["job_id"])


def key_of_run(http: httpx2.Client, job: str) -> str:
    """The key that the job's run has written down; empty before."""
    found = http.get(f"jobs/{job}/runs/1/tail/key/")
    return found.text.strip() if found.status_code == 200 else ""


def closed(service: Service, *words: str) -> tuple[int, int]:
    """How many of ada's jobs are stopped, and how many go on."""
    told = json.loads(service.command("account", "close", "ada", *words, "--output", "json").stdout)
    return told["stopped"], told["going_on"]


def test_nobody_gets_in_by_a_closed_account(tmp_path: Path) -> None:
    """By no kind of token, nor by its password, nor by the key of a run that goes on.

    With ``--stop``, also later, its runs end and its jobs on nodes are suspended.
    """
    with running_service(tmp_path) as service:
        ada, bob = service.account("ada"), service.account("bob")
        service.command("node", "add", "W023", "--allow", "ada")
        asked = logins(service, ada)
        with service.client(ada.token) as http:
            rescale = Rescale(http)
            job = rescale.submit(basic("echo $RESCALE_API_KEY > key; sleep 600"))
            rescale.wait(job, "Executing")
            key = wait_until(lambda: key_of_run(http, job))
            http.post(f"jobs/{job}/share/", json={"email": bob.email}).raise_for_status()
            number = field_job(service, ada)
        asked[f"/api/v2/jobs/{job}/"] = {"Authorization": f"Token {key}"}
        assert [200] * 5 == statuses(service, asked)
        assert (0, 2) == closed(service)
        wait_until(lambda: [401] * 5 == statuses(service, asked))
        assert (2, 0) == closed(service, "--stop")
        with service.client(bob.token) as http:
            Rescale(http).wait(job, "Completed")
            assert "User Terminated" == Rescale(http).end(job)
        with at(service) as http:
            assert "Suspended" == http.get(f"/api/v1/jobs/{number}/status").json()["state"]["last_state"]
            form = {"grant_type": "password", "username": "ada", "password": PASSWORD}
            assert 400 == http.post("/v3/oauth2/tokens", data=form).status_code
