"""Files whose names are no words: what listings tell of them is what reaches them."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.tapis2.apps import deploy
from tests.tapis2.jobs import ended, names, submit, text
from tests.tapis2.people import Person

NAMES = (b"line\nbreak", b"\x1b[31m", b"\xff\xfe", b"caf\xe9?", b"%41#")


def names_in(folder: Path) -> list[bytes]:
    return sorted(os.listdir(os.fsencode(folder)))


def reached(person: Person, system: str, path: str, folder: Path) -> None:
    """Each is fetched, renamed and deleted by the links of its listing; ``folder`` is where ``path`` lies here."""
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(name)
    listing = f"/files/v2/listings/system/{system}/{path}"
    rows = [row for row in person.get(listing) if row["name"] != "."]
    assert len(NAMES) == len(rows)
    links = {row["_links"]["self"]["href"] for row in rows}
    assert set(NAMES) == {person.http.get(link).content for link in links}
    for name in NAMES:
        (link,) = [one for one in links if one.endswith(f"/{quote(name, safe='~')}")]
        assert ["."] != [one["name"] for one in person.get(link.replace("/media/", "/listings/"))]
        assert "even" == person.put(link, data={"action": "rename", "path": "even"})["name"]
        assert "RENAME" == person.get(link.replace("/media/", "/history/"))[-1]["status"]
        assert name not in names_in(folder)
        os.rename(os.fsencode(folder) + b"/even", os.fsencode(folder) + b"/" + name)
        assert person.delete(link) is None
        assert name not in names_in(folder)
    assert [] == names_in(folder)


INPUTS = (
    *(b"in put.txt", b" lead", b'it\'s "a" $HOME `id` \\ y.txt', b"-n.txt", b"100%41#?&.txt", b"semi;colon.txt"),
    *(
        b"${AGAVE_JOB_ID} ${files}.txt",
        "gr\u00fc\u00dfe \u2602\u2028.txt".encode(),
        b"\xff\xfe.txt",
        b"line\nbreak.txt",
    ),
)


def brought(person: Person, app: dict[str, Any], folder: Path, **job: Any) -> None:
    """Each is an input of a job of an app on the system where ``folder``, of no name yet, is ``/odd in``."""
    (folder / "deep er").mkdir(parents=True)
    for name in INPUTS:
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(name)
    Path(os.fsdecode(os.fsencode(folder / "deep er") + b"/\xff 1")).write_text("deep")
    field = {"id": "files", "value": {"enquote": True}, "semantics": {"maxCardinality": -1}}
    app = {**app, "parameters": [], "inputs": [field]}
    deploy(person, app, 'for one in ${files}; do cat -- "$one"/* || cat -- "$one"; done > all.txt 2>/dev/null\nls -a\n')
    person.post("/apps/v2/", 201, json=app)
    top = f"agave://{app['deploymentSystem']}//odd%20in"
    values = [f"{top}/{quote(name)}" for name in (*INPUTS, b"deep er")]
    made = submit(person, appId=f"{app['name']}-1.0", parameters={}, inputs={"files": values}, name="odd", **job)
    found = ended(person, made)
    assert "FINISHED" == found["status"], found["lastStatusMessage"]
    assert values == found["inputs"]["files"]
    assert b"".join(INPUTS) + b"deep" == person.http.get(f"/jobs/v2/{made}/outputs/media/all.txt").content
    listed = text(person, made, "odd.out").split("\n")
    assert {"%FF%FE.txt", "line%0Abreak.txt", "in put.txt", " lead"} <= set(listed)
    assert ["all.txt", "odd.err", "odd.out", "odd.pid"] == names(person, made), "what was brought is not archived"
