"""What nodes hand in is taken once, whole and from the right node only; everything else is told what is wrong."""

import base64
import gzip
import hashlib
import json
import os
import socket
import time
from urllib.parse import urlsplit

import httpx2
import pytest

from dragoman.core.measurements import SECOND
from tests.beehive.field import Node, query
from tests.service import Service, wait_until

EMPTY = base64.b64encode(hashlib.sha512(b"").digest()).decode()


def values(service: Service, name: str) -> list[object]:
    """What was measured under a name."""
    return query(service, {"start": "-2h", "filter": {"name": name}}).values


def test_a_batch_is_acknowledged_by_its_highest_number(service: Service, w023: Node) -> None:
    """Packed or not; the answer tells the time, so that a node sees how wrong its clock is."""
    got = w023.send(w023.record(1, name="up.ack", ago=3), w023.record(2, name="up.ack", ago=2))
    assert (200, w023._number, []) == (got.status, got.json["highest"], got.json["refused"])
    assert abs(got.json["now"] - time.time_ns()) < 60 * SECOND
    assert w023._number + 1 == w023.send(w023.record(3, name="up.ack"), packed=True).json["highest"]
    assert [1, 2, 3] == values(service, "up.ack")
    marks = w023.ask("GET", f"marks?outbox={w023.outbox}").json["marks"]
    assert {"measurements": w023._number} == marks
    assert {} == w023.ask("GET", "marks?outbox=never").json["marks"]


def test_a_batch_that_is_sent_again_is_kept_once(service: Service, w023: Node) -> None:
    """Its answer was lost on the way, say; or somebody replays it."""
    sent = [w023.record(number, name="up.again", ago=10 - number) for number in range(3)]
    first = w023.send(*sent)
    replay = [{**record, "value": 666, "timestamp": record["timestamp"] + 1} for record in sent]
    for batch in (sent, replay, replay[:1]):
        again = w023.send(*batch)
        assert (200, first.json["highest"]) == (again.status, again.json["highest"])
    assert [0, 1, 2] == values(service, "up.again")


def test_a_node_that_lost_its_outbox_counts_anew(service: Service, w023: Node) -> None:
    """Its new outbox has another name."""
    record = {**w023.record("new", name="up.anew"), "number": 1}
    assert 1 == w023.send(record, outbox="another-outbox").json["highest"]
    assert ["new"] == values(service, "up.anew")


def test_a_record_that_cannot_be_kept_holds_up_no_other(service: Service, w023: Node) -> None:
    """It is told, and not sent again."""
    sent = [w023.record(value, name=name) for name, value in (("up.mixed", 1), ("UP", 2), ("up.mixed", None))]
    sent.append({**w023.record(4, name="up.mixed"), "timestamp": 5})
    got = w023.send(*sent)
    assert (200, sent[-1]["number"]) == (got.status, got.json["highest"])
    assert [record["number"] for record in sent[1:]] == [one["number"] for one in got.json["refused"]]
    assert "before the year 2000" in got.json["refused"][2]["why"]
    assert [1] == values(service, "up.mixed")
    assert [] == w023.send(*sent).json["refused"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"outbox":"a","stream":"x","records":[]}', 400),
        (b'{"outbox":"a","stream":"x","records":[{"number":NaN}]}', 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b" " * (1 << 20) + b"{}", 413),
    ],
)
def test_what_is_no_batch(w023: Node, content: bytes, status: int) -> None:
    """Nothing of it is kept, and nobody sees a fault of the service."""
    got = w023.ask("POST", "records", content=content)
    assert status == got.status
    assert got.json["error"]


def test_bodies_that_are_packed_wrongly(w023: Node) -> None:
    """Bombs too."""
    bomb = gzip.compress(b"0" * (100 << 20))
    for content, packing, status in (
        (b"{}", "gzip", 400),
        (gzip.compress(b"{}")[:-9], "gzip", 400),
        (b"{}", "br", 400),
        (bomb, "gzip", 413),
    ):
        got = w023.ask("POST", "records", content=content, headers={"Content-Encoding": packing})
        assert status == got.status


def test_only_the_nodes_own_token_counts(service: Service, w023: Node, w024: Node) -> None:
    """Neither another node's, nor a person's, nor none."""
    person = service.account("somebody").token
    for token, status in (("", 401), ("0" * 40, 401), (person, 401), (w024.token, 403)):
        for method, path in (("POST", "records"), ("GET", "marks"), ("PUT", "uploads/1795164459047831935-a")):
            assert status == w023.ask(method, path, token=token, content=b"{}").status
    other = w023.ask("POST", "records", headers={"Authorization": f"Sage {w023.token}"}, content=b"{}")
    assert (401, "Send the node's token as: Authorization: Bearer TOKEN.") == (other.status, other.json["error"])


def test_a_token_that_was_replaced_is_worth_nothing(service: Service, theone: object) -> None:
    """From a moment after the operator has given the node another one."""
    vsn = "W0AA"
    first = json.loads(service.command("node", "add", vsn, "--output", "json").stdout)["token"]
    node = Node(service, vsn, first, "")
    assert 200 == node.ask("GET", "marks").status
    node.token = json.loads(service.command("node", "token", vsn, "--output", "json").stdout)["token"]
    assert 200 == node.ask("GET", "marks").status
    wait_until(lambda: 401 == node.ask("GET", "marks", token=first).status)


def test_a_record_cannot_claim_to_be_anothers(service: Service, w023: Node) -> None:
    """Nor tell of an upload that never came."""
    got = w023.send(
        w023.record(1, name="up.claim", vsn="W024"),
        w023.record(1, name="up.claim", node="0" * 16),
        w023.record("/api/v1/data/x", name="upload"),
        w023.record(1, name="up.claim", vsn="W023", node=w023.name),
    )
    assert 3 == len(got.json["refused"])
    assert [1] == values(service, "up.claim")


def test_a_clock_that_is_an_hour_wrong(service: Service, w023: Node) -> None:
    """What it measures is kept with its time; more than a day ahead is refused."""
    ahead, behind, lost = (w023.record(ago, ago=ago * 3600, name="up.skew") for ago in (-1, 1, -25))
    got = w023.send(ahead, behind, lost)
    assert [lost["number"]] == [one["number"] for one in got.json["refused"]]
    assert [1] == values(service, "up.skew")
    assert [1, -1] == query(service, {"start": "-2h", "end": "2h", "filter": {"name": "up.skew"}}).values


def test_an_upload_is_kept_once(service: Service, w023: Node) -> None:
    """201 the first time, 200 when it comes again, 409 when it is another file."""
    name = "1795164459047831940-once.txt"
    first = w023.upload(name, b"once", task="once")
    again = w023.upload(name, b"once", task="once")
    assert (201, 200, first.json["url"]) == (first.status, again.status, again.json["url"])
    other = w023.upload(name, b"twice", task="once")
    assert (409, "Give each upload a time of its own.") == (other.status, other.json["hint"])
    records = query(service, {"start": "2026-01-01", "filter": {"task": "once"}}).records
    assert [f"{service.url}{first.json['url']}"] == [record["value"] for record in records]


def test_an_upload_with_another_digest_leaves_nothing(service: Service, w023: Node) -> None:
    """Neither a file, nor a record, nor bytes."""
    name = "1795164459047831941-bad.txt"
    before = blobs(service)
    got = w023.upload(name, b"other bytes", digest=EMPTY, task="bad-digest")
    assert (400, ["Repr-Digest"]) == (got.status, list(got.json["fields"]))
    for digest in ("", "x", "sha-256=:AAAA:", f"sha-512=:{'!' * 88}:"):
        headers = {"Repr-Digest": digest} if digest else {}
        assert 400 == w023.ask("PUT", f"uploads/{name}", content=b"x", headers=headers).status
    assert [] == query(service, {"start": "2026-01-01", "filter": {"task": "bad-digest"}}).records
    wait_until(lambda: before == blobs(service))
    assert 201 == w023.upload(name, b"other bytes", task="bad-digest").status


def blobs(service: Service) -> int:
    """How many files the blob store has, unfinished ones too."""
    return sum(len(files) for _, _, files in os.walk(service.data / "blobs"))


def test_names_and_meta_that_no_upload_has(w023: Node) -> None:
    """They are told by field."""
    for name, meta, field in (
        ("snap.jpg", "{}", "upload"),
        ("5-snap.jpg", "{}", "upload"),
        (f"{time.time_ns() + 90_000 * SECOND}-snap.jpg", "{}", "upload"),
        ("1795164459047831942-a", "[]", "meta"),
        ("1795164459047831942-a", "{", "Dragoman-Meta"),
        ("1795164459047831942-a", '{"vsn":"W024"}', "meta.vsn"),
        ("1795164459047831942-a", '{"filename":"b"}', "meta.filename"),
    ):
        headers = {"Repr-Digest": f"sha-512=:{EMPTY}:", "Dragoman-Meta": meta}
        got = w023.ask("PUT", f"uploads/{name}", content=b"", headers=headers)
        assert (400, [field]) == (got.status, list(got.json["fields"]))


def test_an_upload_that_breaks_off_leaves_nothing(service: Service, w023: Node) -> None:
    """The node sends it again, from the start."""
    before, place = blobs(service), urlsplit(service.url)
    head = (
        f"PUT /dragoman/v1/nodes/W023/uploads/1795164459047831943-cut HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {w023.token}\r\nRepr-Digest: sha-512=:{EMPTY}:\r\nContent-Length: 5000000\r\n\r\n"
    )
    with socket.create_connection((str(place.hostname), int(place.port or 0))) as line:
        line.sendall(head.encode() + b"x" * 2_000_000)
        wait_until(lambda: blobs(service) > before)
    wait_until(lambda: blobs(service) == before)


def test_paths_and_methods_that_there_are_not(service: Service, w023: Node) -> None:
    """Told as everything else is that is wrong; whoever asks, for these are no secrets."""
    for method, path, allowed in (("GET", "records", "POST"), ("POST", "marks", "GET")):
        got = httpx2.request(method, f"{service.url}/dragoman/v1/nodes/{w023.vsn}/{path}", trust_env=False, timeout=120)
        assert (405, {"error": f"Only {allowed} can be asked for here."}) == (got.status_code, got.json())
        assert ("application/json", allowed) == (got.headers["content-type"], got.headers["allow"])
    for path in (f"{w023.vsn}/nothing", w023.vsn, "", "%ff/%00"):
        got = httpx2.get(f"{service.url}/dragoman/v1/nodes/{path}", trust_env=False, timeout=120)
        assert (404, "application/json") == (got.status_code, got.headers["content-type"])
        assert got.json()["error"].startswith("There is nothing at /dragoman/v1/nodes")
        assert "beehive.md" in got.json()["hint"]
