"""Slurm's commands, and our small programs beside them, run through one login; their answers read, failures told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dragoman.core.errors import Problem, Unavailable
from dragoman.core.ports import Done, Login
from dragoman.core.shellwords import always_quote
from dragoman.schedulers import slurm_host, slurm_parse
from dragoman.schedulers.bundles import Bundles
from dragoman.schedulers.slurm_states import Evidence, Row

_OUTPUT = 256 << 20
"""Bytes of an answer; a job in a list has about a hundred."""
_FILE = 1 << 22
_OURS = 74
"""Exit code of our own programs when the run directory cannot be written."""
_NOT_FIRST = 73
"""Exit code of our own program for a token that was used before."""
_HARMLESS = (b"already completing", b"Invalid job id")

Places = Sequence[tuple[str, str]]
"""Directory and token of each launch."""


class SlurmClient:
    """Each verb is one command on the host. All raise Unavailable when the host or Slurm is silent."""

    def __init__(self, login: Login, environment: Mapping[str, str], path: str = "") -> None:
        self._login = login
        variables = ["env", *(f"{name}={value}" for name, value in environment.items())]
        self._before = (*variables, *(("sh", "-c", slurm_host.FIRST_IN, "sh", path) if path else ()))
        self._settings = "".join(f"export {name}={always_quote(value)}\n" for name, value in environment.items())
        self._settings += f"export PATH={always_quote(path)}:$PATH\n" if path else ""
        self._accounting = True
        self._bundles = Bundles(login, slurm_host.LOGIN)

    async def rows(self) -> dict[str, list[Row]]:
        """All jobs of the login that Slurm remembers, by token."""
        done = await self._run("env", slurm_parse.TIMES, *slurm_parse.SQUEUE)
        if done.code:
            raise _problem("squeue", done)
        return slurm_parse.by_token(slurm_parse.squeue_rows(_text(done)))

    async def accounted(self, tokens: Mapping[str, str]) -> dict[str, list[Row]]:
        """What the accounting knows of these jobs, by token; nothing where there is none, or it is silent.

        ``tokens`` maps each job's number to its token.
        """
        if not tokens or not self._accounting:
            return {}
        done = await self._run("env", slurm_parse.TIMES, *slurm_parse.SACCT, f"--jobs={','.join(tokens)}")
        if done.code:
            self._accounting = b"accounting storage is disabled" not in done.err
            return {}
        return slurm_parse.accounted(tokens, slurm_parse.sacct_rows(_text(done)))

    async def evidence(self, places: Places) -> dict[str, Evidence]:
        """What lies in these run directories, by token; those that cannot be looked at now are left out."""
        # A directory that does not fit on a line cannot be looked at.
        fit = [place for place in places if not any(char in place[0] for char in "\t\n")]
        done = await self._sh(slurm_host.EVIDENCE, stdin=_lines(fit))
        return slurm_parse.evidence(_text(done))

    async def bar(self, places: Places) -> list[str]:
        """See that these launches never begin; the tokens of those that had not."""
        done = await self._sh(slurm_host.BAR, stdin=_lines(places))
        return _text(done).split()

    async def submit(
        self, directory: str, token: str, *, body: str, script: str, options: Sequence[str], first: bool
    ) -> str:
        """Submit the script, keeping the body that it runs beside it; the job's number.

        With ``first`` it is empty, and nothing done, when something was done under this token before. Raises Invalid or
        Broken when Slurm refuses it. On Unavailable, it may have been submitted.
        """
        how = "first" if first else "again"
        told = {"here": directory, "token": token, "how": how, "body": body, "script": script}
        told["settings"] = self._settings
        words = "".join(f"{name}={always_quote(value)}\n" for name, value in told.items())
        words += " ".join(("set --", *map(always_quote, ("sbatch", "--parsable", *options))))
        done = await self._bundles.run(f"{words}\n{slurm_host.SUBMIT}")
        if done.code == 0:
            return slurm_parse.job_number(_text(done))
        if first and done.code == _NOT_FIRST:
            return ""
        if b"connect failure" in done.out:  # it never got there
            await self._sh(slurm_host.WITHDRAW, directory, token)
        raise _problem("sbatch", replace(done, err=done.out))

    async def stop(self, directory: str, token: str, jobs: Sequence[str], *, kill: bool, patience: int) -> None:
        """Note the wish, see that nothing begins any more, and tell Slurm to end these jobs.

        A second one without ``kill``, more than ``patience`` seconds after the first, is one with.
        """
        how = "kill" if kill else "term"
        done = await self._sh(slurm_host.STOP, directory, token, how, str(patience), *jobs)
        if done.code and not any(word in done.err for word in _HARMLESS):
            raise _problem("scancel", done)

    async def read(self, path: str) -> str:
        """A small text file. Raises NotFound."""
        pieces = [piece async for piece in self._login.read(path, length=_FILE)]
        return b"".join(pieces).decode(errors="surrogateescape")

    async def _sh(self, program: str, *words: str, stdin: bytes = b"") -> Done:
        return await self._run("sh", "-c", program, "sh", *words, stdin=stdin)

    async def _run(self, *argv: str, stdin: bytes = b"") -> Done:
        done = await self._login.run([*self._before, *argv], stdin=stdin, limit=_OUTPUT)
        if len(done.out) >= _OUTPUT:
            raise Unavailable("The host's answer is too long.")
        return done


def _lines(places: Iterable[tuple[str, str]]) -> bytes:
    return "".join(f"{token}\t{directory}\n" for directory, token in places).encode(errors="surrogateescape")


def _text(done: Done) -> str:
    return done.out.decode(errors="replace")


def _problem(verb: str, done: Done) -> Problem:
    said = done.err.decode(errors="replace")
    if done.code == _OURS:
        return Unavailable(f"The run directory cannot be written: {said.strip()[-500:]}")
    return slurm_parse.refusal(verb, done.code, said)
