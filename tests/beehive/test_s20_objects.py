"""S20: what nodes upload is downloaded again."""

import httpx2

from tests.beehive.field import Node, query
from tests.service import Service

NAME = "1795164459047831936-snap.jpg"


def get(service: Service, path: str, method: str = "GET", **headers: str) -> httpx2.Response:
    return httpx2.request(method, f"{service.url}{path}", headers=headers, trust_env=False, timeout=120)


def test_the_address_in_a_query_gives_the_bytes(service: Service, w023: Node) -> None:
    """As an attachment under its own name, by ranges too."""
    content = bytes(range(256)) * 5000
    told = w023.upload(NAME, content, task="s20", plugin="registry.example/theone/imagesampler:0.3.0", camera="top")
    assert 201 == told.status
    (record,) = query(service, {"start": "2026-01-01", "filter": {"task": "s20"}}).records
    assert f"{service.url}{told.json['url']}" == record["value"]
    assert {"task": "s20", "camera": "top", "filename": "snap.jpg", "vsn": "W023"}.items() <= record["meta"].items()
    answer = httpx2.get(record["value"], follow_redirects=True, trust_env=False, timeout=120)
    assert (200, content) == (answer.status_code, answer.content)
    assert f'attachment; filename="{NAME}"' == answer.headers["content-disposition"]
    assert "image/jpeg" == answer.headers["content-type"]
    part = get(service, told.json["url"], Range="bytes=10-19")
    assert (206, content[10:20]) == (part.status_code, part.content)
    head = get(service, told.json["url"], "HEAD")
    assert (200, str(len(content)), b"") == (head.status_code, head.headers["content-length"], head.content)


def test_what_is_not_there(service: Service, w023: Node) -> None:
    """404 for what could be, 400 for what could not."""
    missing = f"/api/v1/data/sage/sage-x-1/{w023.name}/{NAME}"
    answer = get(service, missing)
    assert (404, {"error": "not found"}) == (answer.status_code, answer.json())
    for path in ("a/b", "a/b/c/d", "a/b/c/5-x", "a/b/c/d/e", "..%2f..%2fetc/b/c/1795164459047831936-x"):
        answer = get(service, f"/api/v1/data/{path}")
        assert (400, {"error": "invalid path"}) == (answer.status_code, answer.json())
    assert 404 == get(service, "/api/v1/data").status_code
    assert 405 == get(service, missing, "DELETE").status_code


def test_names_in_any_script(service: Service, w023: Node) -> None:
    """The exact name comes back."""
    told = w023.upload("1795164459047831937-Zürich 🌧 100%.txt", b"rain", task="s20-names")
    assert 201 == told.status
    (address,) = query(service, {"start": "2026-01-01", "filter": {"task": "s20-names"}}).values
    answer = httpx2.get(address, trust_env=False, timeout=120)
    assert (200, b"rain") == (answer.status_code, answer.content)
    assert "filename*=UTF-8''1795164459047831937-Z%C3%BCrich" in answer.headers["content-disposition"]
