"""What the field leaves behind goes in time, whole, and does not come back."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from dragoman.core.field import Node
from dragoman.core.measurements import Wanted
from dragoman.core.ports import Stored
from dragoman.core.triggers import Order
from dragoman.core.uploads import Upload
from dragoman.desk import forgetting
from dragoman.desk.data import Data
from dragoman.store import catalogue, nodes, triggers
from dragoman.store.tables import file, heard
from tests.desk.people import somebody, until
from tests.engine.house import Bench, bench
from tests.measurements.things import DAY, NOW, batch, measured

pytestmark = pytest.mark.anyio

ORDER = Order(job="rescale/AAAAAA", patterns=(("name", "env.rain"),))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Bench]:
    """A running engine with the account that owns what belongs to nobody."""
    async with bench(str(tmp_path)) as made:
        await somebody(made, catalogue.OWNER)
        yield made


async def node(house: Bench, vsn: str = "W023") -> Node:
    """A node that can upload."""

    def add(conn: Connection) -> Node:
        return nodes.add_node(conn, vsn=vsn, name="0" * 16, manifest={}, key_digest=vsn, at=0)

    return await house.db.write(add)


async def bytes_of(house: Bench, content: bytes) -> Stored:
    """Content in the blob store."""
    writer = house.world.blobs.writer()
    await writer.write(content)
    return await writer.commit()


async def upload(house: Bench, of: Node, days: int, content: bytes = b"a picture", *, data: Data | None = None) -> bool:
    """Hand in a file that is so many days old; whether it is new."""
    made = Upload(at=NOW - days * DAY, filename="a.jpg", meta={"vsn": of.vsn, "node": of.name, "filename": "a.jpg"})
    stored = await bytes_of(house, content)
    return await (data or house.desk.data).keep(of, made, stored, place=f"x/y/{of.name}/{made.object}", url=f"/{days}")


async def told(house: Bench) -> list[object]:
    """The addresses in the records of uploads."""
    wanted = Wanted(start=NOW - 1000 * DAY, end=NOW + 1, name="upload")
    found = await house.desk.data.series(None, wanted)
    return [
        value async for bunch in house.desk.data.points(found, wanted) for _, points in bunch for _, value in points
    ]


def files_of(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(file)).scalar_one()


def blobs(place: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(place / "blobs"))


async def test_old_uploads_go_with_their_records_and_bytes(
    house: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some at a time; younger ones stay."""
    monkeypatch.setattr(forgetting, "LOOKED_AT", 3)
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    of = await node(house)
    for days in (40, 1, 41, 42, 2, 43, 44):
        assert await upload(house, of, days, str(days).encode())
    assert 7 == blobs(tmp_path)
    await house.desk.forgetting.uploads(NOW - 30 * DAY)
    assert ["/2", "/1"] == await told(house)
    assert 2 == await house.db.read(files_of)

    async def are_swept() -> bool:
        return blobs(tmp_path) == 2

    await until(are_swept)
    opened, source = await house.desk.data.open(None, f"x/y/{of.name}/{NOW - DAY}-a.jpg", node=of.name)
    with source:
        assert (b"1", hashlib.sha512(b"1").hexdigest()) == (source.read(), opened.sha512)


async def test_an_upload_that_was_deleted_does_not_come_back(house: Bench, tmp_path: Path) -> None:
    """A node that never got its answer sends it again: that is taken, and nothing is kept."""
    of, span = await node(house), 30 * DAY
    at_desk = Data(
        house.db,
        house.world.clock,
        house.world.blobs,
        house.desk.data._measurements,
        house.desk.nodes,
        hint=house.engine.hint,
        read_news=lambda _: None,
        is_public=True,
        upload_span=span,
    )
    assert [True, False] == [await upload(house, of, days, data=at_desk) for days in (29, 31)]
    assert (["/29"], 1, 1) == (await told(house), await house.db.read(files_of), blobs(tmp_path))


async def test_a_node_may_leave_outboxes_as_it_likes(house: Bench) -> None:
    """What is known of one that it left goes after a time; that of its last one never does."""
    of = await node(house)
    rain = [measured(9, 1.5, "env.rain")]
    await house.db.write(triggers.add_trigger, ORDER, owner_id=house.who.account.id, at=0)
    for place, outbox in enumerate("abc"):
        await house.desk.data.take(of, batch(*rain, outbox=outbox, taken_at=NOW - (100 - place) * DAY))
    await house.desk.forgetting.past(NOW - 99 * DAY)
    assert [{}, {"measurements": 1}, {"measurements": 1}] == [await house.desk.data.marks(of, one) for one in "abc"]
    assert ["b", "c"] == await house.db.read(lambda conn: list(conn.execute(select(heard.c.outbox)).scalars()))
    await house.desk.forgetting.past(NOW)
    assert ["c"] == await house.db.read(lambda conn: list(conn.execute(select(heard.c.outbox)).scalars()))
    assert {"measurements": 1} == await house.desk.data.marks(of, "c")
