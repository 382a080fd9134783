"""agavepy 0.9.5, unmodified, through TLS: see walk_of_agavepy.py."""

from pathlib import Path
from typing import Any

import pytest
from scripts.routes_tapis2 import operations

from tests.clients import walk
from tests.service import PASSWORD, Service
from tests.tapis2.apps import CLASSIFY, deploy
from tests.tapis2.people import newcomer
from tests.tunnel import tunnel

pytestmark = [pytest.mark.slow, pytest.mark.client, pytest.mark.timeout(600)]

HOST = "tapis.test"
APP = {**CLASSIFY, "name": "agavepys"}


@pytest.fixture(scope="module")
def seen(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What it saw."""
    sid = newcomer(service, "sid")
    deploy(sid, APP)
    sid.post("/apps/v2/", 201, json=APP)
    with tunnel(tmp_path_factory.mktemp("tls"), (HOST,), service.url) as opened:
        told = {
            "url": f"https://{HOST}",
            "proxy": opened.environment["https_proxy"],
            "username": sid.name,
            "password": PASSWORD,
            "key": sid.key,
            "secret": sid.secret,
            "app": "agavepys-1.0",
            "expired": "0" * 32,
        }
        return walk("agavepy-0.9.5", Path(__file__).with_name("walk_of_agavepy.py"), told)


def test_it_finds_its_way(seen: dict[str, Any]) -> None:
    assert ("sid", "agavepys", "EXECUTION") == tuple(seen[key] for key in ("who", "app", "system"))
    assert "agavepys-1.0" in seen["apps"]
    assert {"local", "local.storage"} <= set(seen["systems"])


def test_it_runs_a_job(seen: dict[str, Any]) -> None:
    assert ("ACCEPTED", True, "FINISHED", True, "FINISHED") == tuple(
        seen[key] for key in ("submitted", "times", "status", "listed", "whole")
    )
    assert ("PENDING", "FINISHED") == (seen["history"][0], seen["history"][-1])


def test_it_fetches_what_the_job_has_left(seen: dict[str, Any]) -> None:
    names = ["of-agavepy.err", "of-agavepy.out", "of-agavepy.pid", "predictions.txt"]
    assert names == seen["outputs"]
    assert [".", *names] == seen["archive"]
    assert "classified --image_file x --num_top_predictions 5\n" == seen["predictions"]


def test_it_stops_a_job_and_hears_what_is_refused(seen: dict[str, Any]) -> None:
    assert ("ok", "No app found matching nope-1.0 for sid") == (seen["stopped"], seen["refused"])


def test_it_renews_its_token_by_itself(seen: dict[str, Any]) -> None:
    """By the words of the gateway's refusal."""
    assert seen["renewed"]
    assert 1 == seen["lives on"]


def test_the_page_compares_us_with_all_that_it_can_ask_for() -> None:
    """The list that the table in docs/dialects/tapis2.md is drawn from is the client's own."""
    told = walk("agavepy-0.9.5", Path(__file__).with_name("routes_of_agavepy.py"), {})
    assert told["routes"] == [[one.service, one.name, one.method, one.path] for one in operations()]
