"""What a node lives through: wrong clocks, silent and lying neighbours, what no version of it has written."""

import asyncio
import json
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pika
import pytest
from sqlalchemy import Connection, insert

from dragoman.agent import runs
from dragoman.agent.abilities import Abilities, remove_container
from dragoman.agent.broker import MOST_CONNECTIONS
from dragoman.agent.centre import Centre
from dragoman.agent.chores import Chores
from dragoman.agent.policies import default
from dragoman.agent.rabbit import Rabbit
from dragoman.agent.read_goals import kept_goals
from dragoman.agent.salvage import Salvage
from dragoman.agent.spool import Spool
from dragoman.agent.uplink import Uplink
from dragoman.agent.workload import draft_of
from dragoman.blobs import LocalBlobs
from dragoman.core.edge import Caps, FiringState, Parcel, PluginSpec, Stream, Told
from dragoman.core.errors import Unavailable
from dragoman.core.measurements import Measurement
from dragoman.core.states import RunState
from dragoman.store import catalogue, jobs
from dragoman.store.edge import firings, goals, outbox, tables
from tests.agent.bench import NOON, PLATE, SECOND, bench, goal_body
from tests.agent.plugins import serving
from tests.databases import sqlite_at

pytestmark = pytest.mark.anyio

AWAY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
HOUR = 3_600 * SECOND
EVERY_MINUTE = "schedule(p): cronjob('p', '* * * * *')"


def test_a_clock_that_is_set_back_stops_no_schedule(tmp_path: Path) -> None:
    """What was served while it was wrong counts no more; a step of some seconds serves no tick twice."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["submit(7): cronjob('x', '* * * * *')"]))
        house.now = NOON + 48 * HOUR
        assert 1 == len(house.until(30))
        house.now = NOON
        assert 2 == len(house.until(120))
        house.now -= 15 * SECOND
        assert 1 == len(house.until(60))


def test_a_clock_that_is_set_back_makes_no_failed_plugin_wait(tmp_path: Path) -> None:
    """It is too soon after a failure for some minutes, and not until the old time comes again."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["schedule(p): True"], "p"))
        house.now = NOON + 48 * HOUR
        assert 1 == len(house.round())
        (firing,) = house.db.write_now(firings.active_firings)
        house.db.write_now(firings.end_firing, firing.id, RunState.FAILED.value, at=house.now)
        assert [] == house.round()
        house.now = NOON
        assert 1 == len(house.round())


def test_how_rules_stood_of_jobs_that_are_gone_is_forgotten(tmp_path: Path) -> None:
    """But not the tick that one has just served: it may be submitted anew within the minute."""
    with bench(tmp_path) as house:
        house.db.write_now(goals.put_goals, [], at=NOON)
        for job, served in (("old", NOON - 2 * HOUR), ("fresh", NOON), ("never", None)):
            house.db.write_now(goals.mark_rule, job, "text", served=served, held=True)
        chores = Chores(
            db=house.db,
            clock=Stopped(),
            blobs=LocalBlobs(str(tmp_path / "blobs")),
            spool=Spool(str(tmp_path / "spool")),
            caps=Caps(bytes=1 << 30, upload_bytes=1 << 30, age=HOUR),
            images=str(tmp_path / "images"),
            image_bytes=0,
            plate=lambda: PLATE,
            reading=HOUR,
            clear=nothing,
        )
        asyncio.run(chores.once())
        assert {("fresh", "text")} == set(house.db.write_now(goals.rule_marks))


class Stopped:
    """A clock on which it is noon."""

    def now(self) -> int:
        return NOON


async def nothing() -> None:
    """Nothing is to be cleared away."""


def test_half_a_character_in_a_rule_is_no_obstacle_for_others(tmp_path: Path) -> None:
    """JSON can say it, but no database and no file can hold it."""
    with bench(tmp_path) as house:
        body = goal_body(["publish(env.a\ud800): True", "submit(7\udfff): True", "publish(env.ok): True"], "p\ud800")
        house.serve(body)
        told = [one.measurement.name for one in house.round()]
        assert "env.ok" in told


def test_no_value_stops_the_rules(tmp_path: Path) -> None:
    """One rule whose figures burst every measure says nothing; the others go on."""
    with bench(tmp_path) as house:
        house.serve(goal_body(["publish(env.wide): v('env.a').std() > 1e300", "publish(env.ok): True"]))
        house.measure("env.a", 1e308)
        house.measure("env.a", -1e308)
        assert ["env.wide", "env.ok"] == [one.measurement.name for one in house.round()]


def test_a_goal_that_comes_twice_in_a_list_is_one(tmp_path: Path) -> None:
    """The last counts; and the list is taken."""
    with bench(tmp_path) as house:
        first, last = goal_body(["publish(env.first): True"]), goal_body(["publish(env.last): True"])
        changes = house.db.write_now(goals.put_goals, kept_goals([first, last]), at=NOON)
        assert [last] == [one.body for one in changes.received]


def test_an_execution_that_cannot_be_read_holds_up_no_other(tmp_path: Path) -> None:
    """Another version of the agent may have queued it."""
    with bench(tmp_path) as house:
        owner, _ = house.db.write_now(settle)
        can = Abilities(
            commands={"test/p:1": "true"}, containers="", prefer_commands=True, channel="amqp", port=1, cameras=""
        )
        spec = asdict(PluginSpec(name="p", image="test/p:1"))
        house.db.write_now(queue, "odd", {**spec, "unheard_of": 1})
        house.db.write_now(queue, "even", spec)
        how = runs.Choosing(policy=default, plate=lambda: PLATE, can=can, owner_id=owner)
        told = house.db.write_now(runs.begin, how, at=NOON)
        assert ["failed", "selected"] == sorted(one.measurement.name.rpartition(".")[2] for one in told)


def settle(conn: Connection) -> Any:
    from dragoman.agent import place

    return place.settle(conn, at=NOON)


def queue(conn: Connection, plugin: str, spec: dict[str, Any]) -> None:
    row = {
        "goal": "g",
        "job": plugin,
        "plugin": plugin,
        "pod": f"{plugin}-x",
        "app": plugin,
        "reason": "",
        "spec": spec,
    }
    conn.execute(insert(tables.firing).values(**row, state=FiringState.QUEUED.value, queued_at=NOON, outcome=""))


async def test_a_container_program_that_is_gone_holds_up_nothing() -> None:
    """What became of plugins is told all the same."""
    await remove_container("/nonexistent/docker", "some-name")


class Takes(BaseHTTPRequestHandler):
    """A centre that takes uploads of exactly the length that was said."""

    def do_PUT(self) -> None:
        self.server.taken.append(self.rfile.read(int(self.headers["Content-Length"])))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


async def test_an_upload_that_grows_is_sent_as_long_as_it_was(tmp_path: Path) -> None:
    """Whoever left it still writes to it; that must not keep all other uploads waiting."""
    file, ended = tmp_path / "data", threading.Event()
    file.write_bytes(b"x" * 100_000)

    def grow() -> None:
        with file.open("ab", buffering=0) as out:
            while not ended.is_set():
                out.write(b"more")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
    taken: list[bytes] = []
    server.taken = taken  # type: ignore[attr-defined]
    growing, serving_it = threading.Thread(target=grow), threading.Thread(target=server.serve_forever)
    growing.start()
    serving_it.start()
    centre = Centre(f"http://127.0.0.1:{server.server_address[1]}", "W023", "token")
    held = os.open(file, os.O_RDONLY)
    try:
        async with asyncio.timeout(120):
            await centre.upload(Parcel(folder="1-x", at=NOON * 1000, filename="f", meta={}, size=1), held)
    finally:
        ended.set()
        growing.join()
        os.close(held)
        await centre.close()
        server.shutdown()
        server.server_close()
        serving_it.join()
    assert file.read_bytes().startswith(taken[0])


async def test_a_flood_of_uploads_that_are_told_is_looked_for_once(tmp_path: Path) -> None:
    """A plugin may say so as often as it likes; what waits in memory does not grow with it."""
    db = sqlite_at(tmp_path / "node.db")
    db.write_now(tables.prepare)
    spool = Spool(str(tmp_path / "spool"))

    def no(_: object = None) -> None:
        """Nobody wants to know."""

    salvage = Salvage(db, db, Stopped(), spool, lambda: PLATE, root=str(tmp_path / "runs"), found=no, told=no)
    with closing(db):
        db.write_now(queue, "p", asdict(PluginSpec(name="p", image="test/p:1")))
        (firing,) = db.write_now(firings.active_firings)
        db.write_now(firings.select_firing, firing.id, job_id=db.write_now(add_run))
        for number in range(200):
            folder = tmp_path / "runs" / "1" / "home" / "uploads" / f"{NOON * 1000 + number}-{'a' * 40}"
            folder.mkdir(parents=True)
            (folder / "data").write_text("data")
            (folder / "meta").write_text(json.dumps({"timestamp": NOON * 1000 + number, "labels": {}}))
        said = [asyncio.create_task(salvage.of_firing(firing)) for _ in range(2000)]
        await asyncio.wait(said, return_when=asyncio.FIRST_COMPLETED)
        assert sum(not one.done() for one in said) < 10
        await asyncio.gather(*said)
        assert 200 == (await db.read(outbox.waiting)).uploads


def add_run(conn: Connection) -> int:
    """A job of the engine's with a run whose number is 1."""
    owner, _ = settle(conn)
    can = Abilities(
        commands={"test/p:1": "true"}, containers="", prefer_commands=True, channel="amqp", port=1, cameras=""
    )
    (firing,) = firings.active_firings(conn)
    draft = draft_of(firing, PluginSpec(name="p", image="test/p:1"), PLATE, can)
    job = jobs.add_job(conn, draft, owner_id=owner, workload=draft.workload, input_bytes=0, at=NOON)
    system_id = catalogue.find_system(conn, draft.workload.resources.system)
    jobs.submit_job(conn, job, system_id=system_id, runs=1, at=NOON)
    return job.id


def test_an_upload_that_has_become_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Whoever left it still holds its folder; the agent must be able to end."""
    spool = Spool(str(tmp_path / "spool"))
    (tmp_path / "spool" / "1-x").mkdir()
    os.mkfifo(tmp_path / "spool" / "1-x" / "data")
    found: list[object] = []

    def look() -> None:
        with pytest.raises(OSError, match="no plain file"):
            spool.open("1-x")
        found.append(True)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(120)
    assert [True] == found


@contextmanager
def deaf(answer: bytes = b"") -> Iterator[tuple[int, list[socket.socket]]]:
    """A port where everybody is let in, is told this, and hears no more; and who has come."""
    came: list[socket.socket] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def admit() -> None:
            while True:
                try:
                    who, _ = server.accept()
                    came.append(who)
                    who.sendall(answer)
                except OSError:
                    return

        threading.Thread(target=admit, daemon=True).start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)
    for who in came:
        who.close()


async def heard(centre: Centre) -> AsyncIterator[Any]:
    """A stream of goals that has begun: on a busy machine the first words, too, may be late."""
    async with asyncio.timeout(120):
        while True:
            told = centre.goals()
            with suppress(Unavailable):
                assert [] == await anext(told)
                return told


async def test_a_silent_stream_of_goals_is_given_up() -> None:
    """The centre says everything again now and then; who is silent for longer is not there."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: []\n\n"
    with deaf(head) as (port, _):
        centre = Centre(f"http://127.0.0.1:{port}", "W023", "token", silence=0.3)
        told = await heard(centre)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(anext(told), 120)
        await centre.close()


async def test_news_are_no_reason_to_ring_at_a_closed_door(tmp_path: Path) -> None:
    """However much is published while the centre is away, it is tried now and then, and at once when it is back."""
    db = sqlite_at(tmp_path / "node.db")
    db.write_now(tables.prepare)
    db.write_now(outbox.begin_outbox, "box")
    told = [Told(measurement=Measurement(NOON * 1000, "env.a", 1, {}), stream=Stream.MEASUREMENTS)]
    with closing(db), deaf(AWAY) as (port, came):
        centre = Centre(f"http://127.0.0.1:{port}", "W023", "token")
        uplink = Uplink(db, centre, Spool(str(tmp_path / "spool")), LocalBlobs(str(tmp_path / "blobs")))
        sending = asyncio.create_task(uplink.run())
        for number in range(100):
            await db.write(outbox.tell, told, at=NOON + number)
            uplink.hint()
            await asyncio.sleep(0.01)
        async with asyncio.timeout(120):
            while not came:
                await asyncio.sleep(0.01)
        rung = len(came)
        assert rung < 10
        uplink.back()
        async with asyncio.timeout(120):
            while len(came) == rung:
                await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await centre.close()


PORTAL = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"


async def test_nothing_is_dropped_for_the_sake_of_a_stranger(tmp_path: Path) -> None:
    """Somebody between here and the centre refuses everything: only the centre may say that a record is no good."""
    db = sqlite_at(tmp_path / "node.db")
    db.write_now(tables.prepare)
    db.write_now(outbox.begin_outbox, "box")
    event = Told(measurement=Measurement(NOON * 1000, "sys.a", "{}", {}), stream=Stream.EVENTS)
    with closing(db), deaf(PORTAL) as (port, came):
        centre = Centre(f"http://127.0.0.1:{port}", "W023", "token")
        uplink = Uplink(db, centre, Spool(str(tmp_path / "spool")), LocalBlobs(str(tmp_path / "blobs")))
        await db.write(outbox.tell, [event, event], at=NOON)
        sending = asyncio.create_task(uplink.run())
        async with asyncio.timeout(120):
            while len(came) < 3:
                await asyncio.sleep(0.01)
        assert 2 == (await db.read(outbox.waiting)).events
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await centre.close()


@pytest.mark.slow
async def test_a_rabbitmq_that_says_nothing_does_not_hold_up_the_end() -> None:
    """It is let in, and never answered."""
    with deaf() as (port, came):
        rabbit = Rabbit(f"amqp://a:b@127.0.0.1:{port}/?socket_timeout=600&stack_timeout=600", lambda _: True)
        await rabbit.open()
        async with asyncio.timeout(120):
            while not came:
                await asyncio.sleep(0.01)
            await rabbit.close()


class Hurried(asyncio.SelectorEventLoop):
    """An event loop whose clock can be put forward."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def test_a_publisher_that_is_held_back_is_not_cut_off() -> None:
    """It cannot show that it is alive while nobody reads; one that is read from must."""
    loop = Hurried()
    with closing(loop):
        loop.run_until_complete(hold(loop))


async def hold(loop: Hurried) -> None:
    async with serving() as (broker, heard, port):
        heard.has_room = False
        held = await asyncio.to_thread(publish, port)
        await heard.until(1)
        loop.ahead += 300
        await asyncio.sleep(0.2)
        assert 1 == len(broker._connections)
        heard.has_room = True
        broker.resume()
        await asyncio.to_thread(again, held)
        await heard.until(2)
        loop.ahead += 300
        async with asyncio.timeout(120):
            while broker._connections:
                await asyncio.sleep(0.01)


def test_who_says_nothing_shuts_nobody_out() -> None:
    """However many connections one plugin opens: they count for nothing, and are closed soon."""
    loop = Hurried()
    with closing(loop):
        loop.run_until_complete(crowd(loop))


async def crowd(loop: Hurried) -> None:
    async with serving() as (broker, heard, port):
        silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_CONNECTIONS + 10)]
        await asyncio.to_thread(publish, port)
        await heard.until(1)
        loop.ahead += 15
        for reader, _ in silent:
            with suppress(ConnectionError):
                assert b"" == await asyncio.wait_for(reader.read(1), 120)
        for _, writer in silent:
            writer.close()
        assert 1 == len(broker._connections)


async def test_a_plugin_that_is_just_coming_harms_nobody() -> None:
    """Its connection is made, but it cannot be spoken to yet, when others are told that there is room again."""
    async with serving() as (broker, _, port):
        coming = [asyncio.create_task(asyncio.open_connection("127.0.0.1", port)) for _ in range(50)]
        for _ in range(200):
            broker.resume()
            await asyncio.sleep(0)
        await broker.close()
        for reader, writer in await asyncio.gather(*coming):
            writer.close()
            del reader


def publish(port: int) -> Any:
    login = pika.PlainCredentials("plugin", "plugin")
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port, "/", login))
    channel = connection.channel()
    channel.basic_publish("to-validator", "all", b"{}")
    return channel


def again(channel: Any) -> None:
    channel.basic_publish("to-validator", "all", b"{}")
