"""Reaches hosts as people: this one, those behind SSH, and object stores. The one list of what a system may be."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dragoman.core.errors import NotFound
from dragoman.core.ports import SINGULARITY, Login, Scheduler, Site
from dragoman.core.things import Account, Credential, System
from dragoman.desk.credentials import Credentials
from dragoman.host.half_files import HalfFiles
from dragoman.runtimes.bare import Bare
from dragoman.runtimes.singularity import Found, variables
from dragoman.schedulers.bundles import Bundles
from dragoman.schedulers.fork import ForkScheduler
from dragoman.schedulers.remote import RemoteScheduler
from dragoman.schedulers.slurm import SlurmScheduler
from dragoman.server.abroad import Abroad, load
from dragoman.server.evaluating import Evaluations
from dragoman.shells.local_login import LocalLogin
from dragoman.shells.notes import Note, unnoted

BATCH: Mapping[str, Callable[[Login, Mapping[str, str]], Scheduler]] = {
    "slurm": lambda login, told: SlurmScheduler(
        login, {name: told[name] for name in ("SLURM_CONF",) if told.get(name)}, path=told.get("PATH", "")
    )
}
"""The batch schedulers that are known, with what a system tells its jobs: it may say where their commands are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What this host itself offers to people: a home for each, and processes confined to it."""

    homes: str
    bare: Bare
    fork: ForkScheduler
    singularity: Found = Found(program=None)
    """What runs containers for people."""
    check_room: Callable[[], None] = lambda: None
    """Raises Unavailable when nobody is to write files into homes now."""

    def home(self, name: str) -> str:
        """Somebody's home, made when it is missing."""
        path = os.path.join(self.homes, name)
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def login(self, name: str, note: Note) -> LocalLogin:
        """The login whose whole world is somebody's home."""
        home = self.home(name)
        environment = self.bare.person(home, name)
        return LocalLogin(home, partial(self._confined, home), environment, check_room=self.check_room, note=note)

    def site(self, name: str, root: str, note: Note) -> Site:
        """Where somebody's runs execute, below a root in their home. Commands see the home at its own place."""
        home, root, program = self.home(name), root.rstrip("/"), self.singularity.program
        return Site(
            login=self.login(name, note),
            root=root,
            base=home + root,
            fork=self.fork,
            batch=None,
            wrap=partial(self._run, home),
            environment={**self.bare.person(home, name), **(variables(home) if program else {})},
            private_processes=self.bare.is_confined,
            containers={SINGULARITY: program} if program else {},
            own_processes=self.singularity.own_processes,
        )

    def _run(self, home: str, argv: Sequence[str], work: str) -> tuple[str, ...]:
        return self.bare.around(argv, home=home, work=work, nesting=self.singularity.program is not None)

    def _confined(self, home: str, argv: Sequence[str]) -> Sequence[str]:
        # To the login the home is ``/``; to the program it is where it is.
        end = argv.index("--") if "--" in argv else len(argv)
        paths = [f"{home}{word}" if word.startswith("/") else word for word in argv[end:]]
        # `env` answers 127 where there is no such program; bubblewrap itself answers 1, as many programs do.
        return self.bare.around(["env", *argv[:end], *paths], home=home, work=home)


class Hosts:
    """Opens logins, here and abroad."""

    def __init__(self, here: Here, abroad: Abroad, credentials: Credentials, half_files: HalfFiles) -> None:
        self._here, self._abroad, self._credentials, self._half_files = here, abroad, credentials, half_files
        self._evaluations = Evaluations()

    async def of(self, system: System, account: Account) -> Login:
        """See core.ports.Logins."""
        note = partial(self._half_files.note, system.id, account.id)
        if system.shell == "local":
            return self._here.login(account.name, note)
        stored, login, credential = await self._credentials.login(system.id, account.id)
        return await self._login(stored, login, credential, note)

    async def _login(self, system: System, name: str, credential: Credential | None, note: Note = unnoted) -> Login:
        await load(system)
        return self._abroad.login(system, name, credential, note)

    async def check(self, system: System, credential: Credential, login: str) -> None:
        """See core.ports.Reach."""
        await (await self._login(system, login, credential)).facts("/")

    async def evaluate(self, system: System, credential: Credential | None, login: str, variable: str) -> str:
        """See core.ports.Reach. On this host there is one answer: the home is the root of all there is."""
        if system.shell == "local":
            return {"HOME": "/", "USER": login, "LOGNAME": login}.get(variable, "")
        key = system.host, system.port, login, credential and tuple(credential.secrets.items()), variable
        shell = await self._login(system, login, credential)
        return await self._evaluations.get(key, partial(_evaluated, shell, variable))


async def _evaluated(shell: Login, variable: str) -> str:
    told = ("/bin/bash", "-lc", 'printf "\\n%s" "${!1-}"', "bash", variable)
    done = await shell.run(told, limit=1 << 16)
    return done.out.decode(errors="replace").rpartition("\n")[2].strip()


class HostSites:
    """Where runs execute; see core.ports.Sites. What was opened once is opened again only when its login changed."""

    def __init__(self, here: Here, abroad: Abroad, credentials: Credentials, half_files: HalfFiles) -> None:
        self._here, self._abroad, self._credentials, self._half_files = here, abroad, credentials, half_files
        self._open: dict[tuple[int, int], tuple[object, Site]] = {}

    async def of(self, system_id: int, account_id: int) -> Site:
        """The site."""
        system, name, credential = await self._credentials.login(system_id, account_id)
        if system.deleted_at is not None:
            raise NotFound(f"The system {system.name} was deleted.")
        closed = "" if system.enabled else f"The system {system.name} is disabled."
        note = partial(self._half_files.note, system_id, account_id)
        if system.shell == "local":
            return replace(self._here.site(name, system.root, note), closed=closed)
        await load(system)
        key: object = (system, name, credential)
        known = self._open.get((system_id, account_id))
        if known is None or known[0] != key:
            known = self._open[system_id, account_id] = (key, self._site(system, name, credential, note))
        return replace(known[1], closed=closed)

    def _site(self, system: System, name: str, credential: Credential | None, note: Note) -> Site:
        login = self._abroad.login(system, name, credential, note)
        batch = BATCH.get(system.scheduler)
        root = system.root.rstrip("/")
        return Site(
            login=login,
            root=root,
            base=root,
            fork=RemoteScheduler(login),
            batch=batch(login, _variables(system)) if batch else None,
            together=Bundles(login).run,
        )


def _variables(system: System) -> Mapping[str, str]:
    """The environment that the system gives to jobs, as the door that it was registered at calls it."""
    told = next((facet["jobEnvVariables"] for facet in system.facets.values() if facet.get("jobEnvVariables")), ())
    return {one["key"]: one["value"] for one in told if one.get("value") and one.get("inputMode") != "REQUIRED"}
