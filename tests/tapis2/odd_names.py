"""Files whose names are no words: what listings tell of them is what reaches them."""

import os
from pathlib import Path
from urllib.parse import quote

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
