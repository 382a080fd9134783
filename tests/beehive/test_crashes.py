"""A service that is killed while nodes hand in their data: everything is there once."""

import itertools
import threading
import time
from pathlib import Path

import httpx2
import pytest

from tests.beehive.field import Node, add_node, query
from tests.service import Service, running_service

pytestmark = pytest.mark.slow

BATCHES, RECORDS, UPLOADS = 24, 50, 8
PATIENCE = 240
"""Seconds: a machine may have much else to do."""


def insistently(act: object) -> None:
    """Do it until it is answered, as a node does."""
    assert callable(act)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if act().status in {200, 201}:
                return
        except (httpx2.HTTPError, ValueError):
            assert time.monotonic() < end


def hand_in(node: Node) -> None:
    """Batches and files, each until it is acknowledged; some twice."""
    for number in range(BATCHES):
        some = [node.record(number * RECORDS + place, ago=600, name="crash.count") for place in range(RECORDS)]
        for _ in range(1 + number % 2):
            insistently(lambda some=some: node.send(*some))
        if number % (BATCHES // UPLOADS) == 0:
            name = f"{1795164459047831000 + number}-{number}.txt"
            insistently(lambda name=name: node.upload(name, name.encode() * 1000, task="crash"))


def test_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """Neither records nor files, though the service is killed again and again."""
    with running_service(tmp_path) as service:
        service.account("theone")
        nodes = [add_node(service, vsn, allow="theone") for vsn in ("W023", "W024")]
        threads = [threading.Thread(target=hand_in, args=(node,)) for node in nodes]
        for thread in threads:
            thread.start()
        kills = itertools.count()
        while any(thread.is_alive() for thread in threads) and next(kills) < 3:
            wait_for_more(service)
            service.kill()
            service.start(deadline=PATIENCE)
        for thread in threads:
            thread.join()
        assert next(kills) > 1
        for node in nodes:
            wanted = {"start": "-1h", "filter": {"name": "crash.count", "vsn": node.vsn}}
            assert [*range(BATCHES * RECORDS)] == sorted(query(service, wanted).values)
            addresses = query(service, {"start": "2026-01-01", "filter": {"task": "crash", "vsn": node.vsn}}).values
            assert UPLOADS == len(set(addresses)) == len(addresses)
            for address in addresses:
                name = address.rpartition("/")[2]
                assert name.encode() * 1000 == httpx2.get(address, trust_env=False, timeout=120).content


def wait_for_more(service: Service) -> None:
    """Until more was handed in, or half a second has passed."""
    end, before = time.monotonic() + 0.5, count(service)
    while time.monotonic() < end and count(service) < before + 3 * RECORDS:
        time.sleep(0.02)


def count(service: Service) -> int:
    """How many records are there."""
    asked = {"start": "-1h", "filter": {"name": "crash.count"}, "experimental_func": "count"}
    return sum(query(service, asked).values)
