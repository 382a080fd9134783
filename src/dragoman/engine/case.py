"""One run in hand: what its steps look at, and the moves that they make of it."""

from dataclasses import dataclass

from dragoman.core.job import Job, Run
from dragoman.core.launch import Look
from dragoman.core.states import Cause, RunState
from dragoman.core.work import Decision, Move
from dragoman.engine.ways import Way
from dragoman.engine.world import World

SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run in hand."""

    world: World
    way: Way
    job: Job
    run: Run
    again: bool
    """An earlier attempt may have acted already: look before acting."""

    @property
    def now(self) -> int:
        """The time."""
        return self.world.clock.now()

    async def look(self) -> Look:
        """What the scheduler knows of it: what its system's watch has just seen, else by a look of its own.

        So a host whose runs end by the hundred is not asked about each of them.
        """
        run = self.run
        if told := self.world.news.get(run.system_id, {}).pop(run.token, None):
            return told
        return (await self.way.scheduler.look([(self.way.directory, run.token, run.handle)]))[run.token]

    def later(self) -> Decision:
        """Ask again soon."""
        return Decision(due_at=self.now + SECOND)

    def move(self, *states: RunState, cause: Cause = Cause.NONE, reason: str = "") -> tuple[Move, ...]:
        """Moves from where the run is through these states, all now; cause and reason belong to the last."""
        at, moves, was = self.now, [], self.run.state
        for state in states:
            last = state is states[-1]
            moves.append(
                Move(was=was, now=state, at=at, cause=cause if last else Cause.NONE, reason=reason if last else "")
            )
            was = state
        return tuple(moves)
