"""Listeners hear what is measured from now on."""

import httpx2

from tests.beehive.field import Node, listening
from tests.service import Service


def test_listeners_hear_what_fits(service: Service, w023: Node, w024: Node) -> None:
    """By topics for the name and by expressions for meta; each measurement once."""
    with (
        listening(service, name="live.#") as everything,
        listening(service, name="live.a|other.*", vsn="w024") as some,
        listening(service, node=w023.name.upper(), name="live.*", camera="^bot") as few,
    ):
        batch = [w023.record(1, name="live.a", camera="top"), w023.record(2, name="live.b", camera="bottom")]
        w023.send(*batch)
        w023.send(*batch)
        w023.send(w023.record(3, name="silent"))
        w024.send(w024.record(4, name="live.a"))
        heard = [next(everything) for _ in range(3)]
        assert [1, 2, 4] == [one["value"] for one in heard]
        assert {"name": "live.b", "meta": {"node": w023.name, "vsn": "W023", "camera": "bottom"}}.items() <= heard[
            1
        ].items()
        assert 4 == next(some)["value"]
        assert 2 == next(few)["value"]


def test_listeners_hear_of_uploads(service: Service, w023: Node) -> None:
    """With the address where the bytes are."""
    with listening(service, name="upload", task="live") as heard:
        told = w023.upload("1795164459047831950-live.txt", b"live", task="live")
        assert f"{service.url}{told.json['url']}" == next(heard)["value"]


def test_what_cannot_be_listened_to(service: Service) -> None:
    """Expressions that are none, and too many of them; and only GET."""
    for params in ({"vsn": "("}, {f"k{number}": "" for number in range(30)}, {"name": ".".join(["#"] * 99)}):
        answer = httpx2.get(f"{service.url}/api/v0/stream", params=params, trust_env=False, timeout=120)
        assert (400, "Bad Request\n") == (answer.status_code, answer.text)
    assert 405 == httpx2.post(f"{service.url}/api/v0/stream", trust_env=False, timeout=120).status_code
