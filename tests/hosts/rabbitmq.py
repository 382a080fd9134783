"""A real RabbitMQ of one's own on the loopback address, which can be stopped and started again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.hosts.parts import free_ports

PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"
PATIENCE = 120.0


class RabbitMq:
    """A broker whose only user is guest, known from this host."""

    def __init__(self, place: str) -> None:
        self.place, (self.port, *self._ports) = place, free_ports(3)
        self._server: subprocess.Popen[bytes] | None = None
        with open(f"{place}/rabbitmq.conf", "w") as conf:
            conf.write(f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.file.level = warning\n")

    @property
    def url(self) -> str:
        """With login."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    @property
    def _environment(self) -> dict[str, str]:
        here = self.place
        return {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": here,
            "RABBITMQ_NODENAME": f"test{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": f"{here}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{here}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{here}/mnesia",
            "RABBITMQ_LOG_BASE": f"{here}/log",
            "RABBITMQ_PID_FILE": f"{here}/pid",
            "RABBITMQ_DIST_PORT": str(self._ports[0]),
            "ERL_EPMD_PORT": str(self._ports[1]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        account = pwd.getpwnam("rabbitmq")
        with open(f"{self.place}/out", "ab") as out:
            self._server = subprocess.Popen(
                [PROGRAM],
                env=self._environment,
                cwd=self.place,
                user=account.pw_uid,
                group=account.pw_gid,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        end = time.monotonic() + PATIENCE
        while True:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._server.poll() is not None or time.monotonic() > end:
                with open(f"{self.place}/out") as out_text:
                    raise AssertionError(f"RabbitMQ does not start: {out_text.read()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it; what it was given to keep stays on disk."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGTERM)
            try:
                self._server.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self._server.pid, signal.SIGKILL)
                self._server.wait()
            self._server = None

    def clear_away(self) -> None:
        """Stop it and what it has started."""
        self.stop()
        subprocess.run(["epmd", "-kill"], env=self._environment, capture_output=True, timeout=120, check=False)


@contextmanager
def rabbitmq() -> Iterator[RabbitMq]:
    """A broker that ends with the context. Skips where none can run."""
    if os.geteuid() != 0 or not os.path.exists(PROGRAM):
        pytest.skip("no RabbitMQ here that may be started: apt-get install rabbitmq-server")
    place = tempfile.mkdtemp(prefix="dragoman-rabbitmq-", dir="/tmp")
    shutil.chown(place, "rabbitmq", "rabbitmq")
    broker = RabbitMq(place)
    try:
        broker.start()
        yield broker
    finally:
        broker.clear_away()
        shutil.rmtree(place, ignore_errors=True)
