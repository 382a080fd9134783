"""Renders the pages of docs/ that are drawn from the program itself.

With ``--check`` it writes nothing and fails when a page is stale.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from scripts.routes_tapis2 import tapis2_page
from scripts.routes_tapis3 import tapis3_page

from dragoman.config.document import configuration_page
from dragoman.core.states import FINAL, HELD, JOB_MOVES, RUN_MOVES, WORKING, JobState, RunState

S = TypeVar("S", RunState, JobState)
ROOT = Path(__file__).resolve().parent.parent


def states_page() -> str:
    """The whole of docs/states.md: every legal move, of runs and of jobs."""
    run_rows = _rows(RUN_MOVES, (*WORKING, *HELD, *FINAL))
    job_rows = _rows(JOB_MOVES, JobState)
    return f"""# States

<!-- Rendered by `scripts/docs.py` from src/dragoman/core/states.py: change the tables there, not this page. -->

A run is one execution in one place; a job is what somebody asked for and holds one or more runs. No other move than
these can be written, whoever asks for it. Each door translates these words into its own.

## Runs

```mermaid
{_picture(_plain_moves(), RunState.ACCEPTED, FINAL)}
```

That is a plain life. From every working state a run may also be BLOCKED or PAUSED, and come back to a working state, or
it may FAIL or be CANCELLED.

| from | may move to |
|---|---|
{run_rows}

## Jobs

```mermaid
{_picture(JOB_MOVES, JobState.DRAFT, (JobState.REMOVED,))}
```

A job ends with the worst outcome of its runs: FAILED before CANCELLED before FINISHED.

| from | may move to |
|---|---|
{job_rows}
"""


def _plain_moves() -> Mapping[RunState, frozenset[RunState]]:
    """The moves among working states and to the good end; the picture would be a thicket with all of them."""
    return {was: RUN_MOVES[was] & {*WORKING, RunState.FINISHED} for was in WORKING}


def _picture(moves: Mapping[S, frozenset[S]], first: S, last: Iterable[S]) -> str:
    order = list(type(first))
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {was} --> {now}" for was in order for now in order if now in moves.get(was, ())]
    lines += [f"    {end} --> [*]" for end in last if any(end in ends for ends in moves.values())]
    return "\n".join(lines)


def _rows(moves: Mapping[S, frozenset[S]], order: Iterable[S]) -> str:
    states = list(order)
    return "\n".join(
        f"| {was} | {', '.join(now for now in states if now in moves[was]) or '(final)'} |" for was in states
    )


PAGES = {
    "docs/configuration.md": configuration_page,
    "docs/states.md": states_page,
    "docs/dialects/tapis2.md": tapis2_page,
    "docs/dialects/tapis3.md": tapis3_page,
}


def main(arguments: list[str]) -> int:
    """0 when every page is as it should be."""
    stale = [path for path, page in PAGES.items() if _text(path) != page()]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path} is stale: run make docs\n")
        return int(bool(stale))
    for path in stale:
        (ROOT / path).write_text(PAGES[path](), encoding="utf-8")
    return 0


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
