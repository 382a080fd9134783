"""A real Slurm on loopback: munge, a controller and four nodes, all on this machine, on ports of their own.

Its daemons are children of the test run and end with it. Jobs run as ordinary accounts.
"""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests.hosts.parts import free_ports
from tests.hosts.people import people

NODES = 4
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_CGROUPS = "/sys/fs/cgroup"
_CONFIG = """\
ClusterName=dragoman
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={place}/munge/sock
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPidFile={place}/run/ctld.pid
SlurmdPidFile={place}/run/%n.pid
SlurmctldLogFile={place}/log/ctld
SlurmdLogFile={place}/log/%n
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool/%n
ProctrackType=proctrack/{tracking}
TaskPlugin=task/{task}
JobAcctGatherType=jobacct_gather/{gather}
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=100
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,default_queue_depth=1000,bf_interval=1
SlurmdParameters=config_overrides
EnforcePartLimits=ALL
MinJobAge=300
MessageTimeout=10
KillWait=10
SlurmdTimeout={timeout}
{nodes}
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
PartitionName=short Nodes=ALL MaxTime=60 State=UP
"""
_CGROUP_CONFIG = """\
CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
ConstrainCores=no
"""


@dataclass(kw_only=True)
class Slurm:
    """A running cluster; ``place`` is its directory (configuration, logs, state)."""

    place: str
    nodes: tuple[str, ...]
    memory: bool
    """Jobs that take more memory than they asked for are ended as OUT_OF_MEMORY."""
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    """By name: ``munge``, ``controller``, and each node's."""

    @property
    def config(self) -> str:
        """The path of slurm.conf."""
        return f"{self.place}/slurm.conf"

    @property
    def environment(self) -> Mapping[str, str]:
        """What clients need to find it."""
        return {"SLURM_CONF": self.config}

    def run(self, *argv: str, seconds: float = 120.0) -> str:
        """What one of Slurm's commands prints, run as root. Raises CalledProcessError."""
        done = subprocess.run(argv, env=self._variables(), check=True, capture_output=True, text=True, timeout=seconds)
        return done.stdout

    def start_controller(self) -> None:
        """Start the controller (again) and wait until it answers."""
        self._start("controller", "slurmctld", "-D")
        self._until(lambda: self.run("scontrol", "ping"), "UP")

    def start_node(self, name: str) -> None:
        """Start a node (again)."""
        self._start(name, "slurmd", "-D", "-N", name)

    def kill(self, name: str) -> None:
        """Kill a daemon with SIGKILL; a node's jobs go on."""
        self.daemons[name].kill()
        self.daemons[name].wait()

    def resume(self) -> None:
        """Use the nodes again that Slurm has drained after a failure, as far as it can be told now."""
        with suppress(subprocess.CalledProcessError, subprocess.TimeoutExpired):
            for name, state in self._states().items():
                if state.startswith("drain"):
                    self.run("scontrol", "update", f"nodename={name}", "state=resume")

    def _states(self) -> dict[str, str]:
        lines = self.run("sinfo", "-h", "-N", "-p", "debug", "-o", "%N %T").splitlines()
        return dict(line.split() for line in lines)

    def _until(self, ask: Callable[[], str], wanted: str, within: float = 180.0) -> None:
        deadline, answer = time.monotonic() + within, ""
        while wanted not in answer:
            assert time.monotonic() < deadline, f"{answer!r}; the logs are in {self.place}/log"
            with suppress(subprocess.CalledProcessError):
                answer = ask()
            time.sleep(0.02)

    def _start(self, name: str, *argv: str, identity: tuple[str, ...] = ()) -> None:
        with open(f"{self.place}/log/{name}.out", "ab") as log:
            self.daemons[name] = subprocess.Popen(
                ["setpriv", *identity, "--pdeathsig", "KILL", *argv],
                env=self._variables(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _variables(self) -> dict[str, str]:
        return {"PATH": _PATH, "LANG": "C.UTF-8", **self.environment}


@contextmanager
def slurm_cluster(timeout: int = 300) -> Iterator[Slurm]:
    """A cluster of one's own, whose daemons may be killed; it ends with the context. Skips where none can run.

    A node that does not answer for so many seconds has failed; on a busy machine it may just be slow.
    """
    people()
    for program in ("slurmctld", "slurmd", "sbatch", "munged"):
        if not shutil.which(program, path=_PATH):
            pytest.skip(f"no {program} here: apt-get install munge slurmctld slurmd slurm-client")
    # Munge drops to an account of its own, which must be able to pass through.
    place = tempfile.mkdtemp(prefix="dragoman-slurm-", dir="/tmp")
    os.chmod(place, 0o755)
    slurm = _prepared(place, timeout)
    try:
        _start_munge(slurm)
        slurm.start_controller()
        for name in slurm.nodes:
            slurm.start_node(name)
        slurm._until(lambda: str(set(slurm._states().values())), "{'idle'}")
        yield slurm
    finally:
        _end(slurm)


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    """The cluster that all tests share: use it, and leave it as it is."""
    with slurm_cluster() as cluster:
        yield cluster


def _prepared(place: str, timeout: int) -> Slurm:
    ports = free_ports(1 + NODES)
    # Control groups are named after nodes, and several clusters may run on this machine.
    names = tuple(f"n{ports[0]}x{number}" for number in range(1, NODES + 1))
    slurm = Slurm(place=place, nodes=names, memory=os.path.isdir(f"{_CGROUPS}/freezer"))
    for folder in ("munge", "run", "log", "state", *(f"spool/{name}" for name in names)):
        os.makedirs(f"{place}/{folder}")
    lines = [
        f"NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs=4 RealMemory=4000 State=UNKNOWN"
        for name, port in zip(names, ports[1:], strict=True)
    ]
    ways = ("cgroup", "cgroup", "cgroup") if slurm.memory else ("linuxproc", "none", "linux")
    kinds = dict(zip(("tracking", "task", "gather"), ways, strict=True))
    with open(slurm.config, "w") as file:
        file.write(_CONFIG.format(place=place, ports=ports, nodes="\n".join(lines), timeout=timeout, **kinds))
    with open(f"{place}/cgroup.conf", "w") as file:
        file.write(_CGROUP_CONFIG)
    return slurm


def _start_munge(slurm: Slurm) -> None:
    account, folder = pwd.getpwnam("munge"), f"{slurm.place}/munge"
    with open(f"{folder}/key", "wb", opener=lambda path, flags: os.open(path, flags, 0o400)) as key:
        key.write(os.urandom(1024))
    for path in (folder, f"{folder}/key"):
        os.chown(path, account.pw_uid, account.pw_gid)
    files = [f"--{what}-file={folder}/{what}" for what in ("key", "pid", "log", "seed")]
    identity = ("--reuid", "munge", "--regid", "munge", "--clear-groups")
    slurm._start("munge", "munged", "--foreground", f"--socket={folder}/sock", *files, identity=identity)
    slurm._until(lambda: slurm.run("munge", "-n", "-S", f"{folder}/sock"), "MUNGE")


def _end(slurm: Slurm) -> None:
    for daemon in slurm.daemons.values():
        daemon.kill()
        daemon.wait()
    for name in slurm.nodes:
        for folder in glob.glob(f"{_CGROUPS}/*/slurm_{name}"):
            _clear_group(folder)
    shutil.rmtree(slurm.place, ignore_errors=True)


def _clear_group(folder: str) -> None:
    """Kill what a node has left behind, and remove its control group, inner ones first."""
    for path, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError), open(f"{path}/cgroup.procs") as file:
            for pid in file.read().split():
                os.kill(int(pid), signal.SIGKILL)
        with suppress(OSError):
            os.rmdir(path)
