"""A real OpenSSH server on loopback with two accounts, alice and bob, which log in by password and by key.

Passwords and keys are valid on this server alone: it sees a password file of its own, so that nobody else can log in
to the machine with them, and accounts that were there before stay as they are.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.hosts.parts import family, free_ports, hashed, is_alive, make_key, private
from tests.hosts.people import people

SSHD = "/usr/sbin/sshd"
_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host_key
PidFile {place}/pid
AuthorizedKeysFile {place}/keys/%u
StrictModes no
PasswordAuthentication yes
KbdInteractiveAuthentication no
UsePAM no
PermitRootLogin no
UseDNS no
MaxStartups 200:30:400
MaxSessions 10
LogLevel VERBOSE
Subsystem sftp internal-sftp
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAccount:
    """An account on a test host."""

    name: str
    password: str
    private_key: str
    """In OpenSSH's format."""
    public_key: str
    home: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHost:
    """A running server; ``place`` is its directory (log, keys, configuration)."""

    host: str
    port: int
    accounts: Mapping[str, HostAccount]
    place: str

    @property
    def alice(self) -> HostAccount:
        return self.accounts["alice"]

    @property
    def bob(self) -> HostAccount:
        return self.accounts["bob"]

    def processes(self) -> list[int]:
        """The server and everything that came from it: connections, and what they run."""
        return family(self._pid())

    def sessions(self) -> list[int]:
        """The processes of its connections."""
        return self.processes()[1:]

    def commands(self) -> int:
        """How many commands it has run for those who logged in."""
        with open(f"{self.place}/log") as file:
            return sum("Starting session: command" in line for line in file)

    def cut(self) -> None:
        """Kill all connections at once, as a crash would; new ones are taken."""
        self._signal(self.sessions(), signal.SIGKILL)

    def halt(self) -> None:
        """Fall silent: connections stay open, new ones are never greeted."""
        self._signal(self.processes(), signal.SIGSTOP)

    def go_on(self) -> None:
        """End the silence."""
        self._signal(self.processes(), signal.SIGCONT)

    def start(self) -> None:
        """Start the server (again)."""
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        script = (
            f"mount --bind {self.place}/shadow /etc/shadow && exec {SSHD} -f {self.place}/config -E {self.place}/log"
        )
        # Its own view of the machine: our mount is not seen outside, mounts outside are seen in it.
        subprocess.run(["unshare", "--mount", "--propagation", "slave", "sh", "-c", script], check=True, cwd="/")
        self._await_greeting()

    def stop(self) -> None:
        """Stop the server and cut its connections; its port is free for the next one then."""
        with suppress(FileNotFoundError):
            killed = self.processes()
            self._signal(killed, signal.SIGKILL)
            os.unlink(f"{self.place}/pid")
            while any(is_alive(pid) for pid in killed):
                time.sleep(0.005)

    def change_key(self) -> None:
        """Come back with another host key, as a host that was set up anew."""
        self.stop()
        os.unlink(f"{self.place}/host_key")
        make_key(f"{self.place}/host_key")
        self.start()

    def _pid(self) -> int:
        with open(f"{self.place}/pid") as file:
            return int(file.read())

    @staticmethod
    def _signal(pids: list[int], number: int) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _await_greeting(self) -> None:
        deadline = time.monotonic() + 120
        while True:
            with suppress(OSError), socket.create_connection((self.host, self.port), timeout=30) as link:
                if link.recv(4) == b"SSH-":
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{SSHD} does not answer; its log is {self.place}/log")
            time.sleep(0.005)


@contextmanager
def ssh_server(environment: Mapping[str, str] | None = None) -> Iterator[SshHost]:
    """A server of one's own, to be stopped, halted or changed; it ends with the context. Skips where none can run.

    Logins get the variables of ``environment``.
    """
    accounts = people()
    if not os.path.exists(SSHD):
        pytest.skip("no OpenSSH server here: apt-get install openssh-server")
    if subprocess.run(["unshare", "--mount", "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("mount namespaces are not allowed here")
    place = tempfile.mkdtemp(prefix="dragoman-ssh-", dir="/tmp")
    os.chmod(place, 0o755)
    try:
        host = _prepared(place, [_with_keys(place, account) for account in accounts], environment or {})
        host.start()
        try:
            yield host
        finally:
            host.stop()
    finally:
        shutil.rmtree(place)


@pytest.fixture(scope="session")
def ssh_host() -> Iterator[SshHost]:
    """The server that all tests share: use it, and leave it as it is."""
    with ssh_server() as host:
        yield host


def _prepared(place: str, accounts: list[HostAccount], environment: Mapping[str, str]) -> SshHost:
    host = SshHost(host="127.0.0.1", port=free_ports(1)[0], accounts={a.name: a for a in accounts}, place=place)
    make_key(f"{place}/host_key")
    with open(f"{place}/config", "w") as file:
        file.write(_CONFIG.format(port=host.port, place=place))
        if environment:
            file.write("SetEnv " + " ".join(f'"{name}={value}"' for name, value in environment.items()) + "\n")
    hashes = {account.name: hashed(account.password) for account in accounts}
    with open("/etc/shadow") as old, open(f"{place}/shadow", "w", opener=private) as new:
        for line in old:
            name, _, rest = line.split(":", 2)
            new.write(f"{name}:{hashes.get(name, '*')}:{rest}")
    return host


def _with_keys(place: str, account: pwd.struct_passwd) -> HostAccount:
    keys = f"{place}/keys"
    os.makedirs(keys, exist_ok=True)
    make_key(f"{place}/{account.pw_name}")
    shutil.move(f"{place}/{account.pw_name}.pub", f"{keys}/{account.pw_name}")
    with open(f"{place}/{account.pw_name}") as private, open(f"{keys}/{account.pw_name}") as public:
        return HostAccount(
            name=account.pw_name,
            password=secrets.token_urlsafe(12),
            private_key=private.read(),
            public_key=public.read().strip(),
            home=account.pw_dir,
            uid=account.pw_uid,
            gid=account.pw_gid,
        )
