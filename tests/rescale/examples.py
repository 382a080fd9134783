"""The published examples that the tests share, and the shortest way to a job, a run, a file or an event."""

import json
from collections.abc import Mapping
from typing import Any

from dragoman.core.job import Draft, Event, Job, Run
from dragoman.core.states import Cause, JobState, RunState, Wish
from dragoman.core.things import Account, App, File, FileView, JobView, ListedJob, System
from dragoman.dialects.rescale.body import read_json
from dragoman.dialects.rescale.offers import read_offers
from dragoman.dialects.rescale.read import read_draft

ORIGIN = "https://platform.example.com"
UPLOADED = 1415830809596996
"""2014-11-12T22:20:09.596996Z."""
DEMO = Account(id=1, name="Demo User", email="demouser@example.com", is_admin=False)

BASIC: Mapping[str, Any] = {
    "name": "Basic Job",
    "jobanalyses": [
        {
            "useMpi": False,
            "command": "./airFoil2D/Allrun",
            "analysis": {"code": "openfoam", "version": "2.3.0-openmpi"},
            "hardware": {"coresPerSlot": 1, "slots": 1, "coreType": "standard-plus"},
            "inputFiles": [{"id": "XkpTse"}],
        }
    ],
}
"""The request of the published tutorial."""


def app(code: str, name: str, version: str, shown: str, **facet: Any) -> App:
    """A version of an analysis."""
    told = {"code": code, "name": name, "versionCode": version, "versionName": shown, **facet}
    return App(id=1, name=code, version=version, environment={"FROM_APP": code}, facets={"rescale": told})


def system(*core_types: Mapping[str, Any]) -> System:
    """A system that offers these core types."""
    return System(
        id=1,
        name="local",
        description="",
        owner_id=1,
        shell="local",
        scheduler="fork",
        slots=4,
        facets={"rescale": {"coretypes": list(core_types)}},
    )


MARBLE = {"code": "standard-plus", "queue": "default", "cores": [1, 2, 4, 8], "memory": 3750, "price": 0.1}
GPU = {"code": "gpu", "queue": "big", "cores": [4, 8], "gpuCounts": [1, 2], "walltimeRequired": True}
OLD = {"code": "hi-io", "queue": "default", "isDeprecated": True}
OFFERS = read_offers(
    [
        app("openfoam", "OpenFOAM", "2.3.0-openmpi", "2.3.0", allowedCoreTypes=["standard-plus"]),
        app("openfoam", "OpenFOAM", "2.2.2-openmpi", "2.2.2"),
        app("user_included", "Bring Your Own Software", "0", "CPU"),
    ],
    [system(MARBLE, GPU, OLD)],
)


def analysis(**more: Any) -> dict[str, Any]:
    """One entry of jobanalyses that runs a command of its own; None leaves a key out."""
    whole = {
        "analysis": {"code": "user_included", "version": "0"},
        "command": "echo one",
        "hardware": {"coreType": "standard-plus", "coresPerSlot": 1},
        **more,
    }
    return {key: value for key, value in whole.items() if value is not None}


def request(*analyses: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A request for a job with these analyses (one by default)."""
    return {"name": "A job", "jobanalyses": list(analyses) or [analysis()], **more}


def draft(asked: Any) -> Draft:
    """What the door reads in a request."""
    letter = json.dumps(asked)
    return read_draft(read_json(letter), letter=letter, alias="QTViaX", origin=ORIGIN, offers=OFFERS)


def file(alias: str = "XkpTse", name: str = "airfoil2d.zip", **more: Any) -> FileView:
    """A file as the desk shows it; ``job_alias`` and ``run_number`` make it an output."""
    view = {key: more.pop(key) for key in ("job_alias", "run_number", "shared_with") if key in more}
    values: dict[str, Any] = {
        "id": 1,
        "door": "rescale",
        "alias": alias,
        "owner_id": 1,
        "name": name,
        "relative_path": name,
        "role": "input",
        "size": 663368,
        "md5": "0b66f3069732b02fe6c132f4cbd2f5b8",
        "sha512": "ab" * 64,
        "blob": "1",
        "is_text": False,
        "job_id": None,
        "run_id": None,
        "created_at": UPLOADED,
        "deleted_at": None,
    }
    return FileView(file=File(**{**values, **more}), owner=DEMO, **view)


def view(asked: Any, *files: FileView, **more: Any) -> JobView:
    """A job as the desk shows it after a request for it."""
    made = draft(asked)
    values: dict[str, Any] = {
        "id": 1,
        "door": made.door,
        "alias": made.alias,
        "owner_id": 1,
        "name": made.name,
        "state": JobState.DRAFT,
        "outcome": None,
        "cause": Cause.NONE,
        "reason": "",
        "progress": None,
        "wish": Wish.NONE,
        "letter": made.letter,
        "workload": made.workload,
        "notes": made.notes,
        "input_bytes": sum(item.file.size for item in files),
        "output_bytes": 0,
        "runs": 0,
        "created_at": UPLOADED,
        "updated_at": UPLOADED,
        "submitted_at": None,
        "ended_at": None,
    }
    return JobView(job=Job(**{**values, **more}), owner=DEMO, files={item.file.alias: item for item in files})


def listed(asked: Any, *files: FileView, **more: Any) -> ListedJob:
    """The same job in a list."""
    shown = view(asked, *files, **more)
    return ListedJob(job=shown.job, owner=shown.owner, shared_with=shown.shared_with)


def run(**more: Any) -> Run:
    """The run of a basic job that executes."""
    values: dict[str, Any] = {
        "id": 7,
        "job_id": 1,
        "number": 1,
        "state": RunState.RUNNING,
        "left": None,
        "cause": Cause.NONE,
        "reason": "",
        "exit_code": None,
        "system_id": 1,
        "queue": "default",
        "token": "t",
        "handle": {},
        "wish": Wish.NONE,
        "variables": (),
        "output_count": 0,
        "output_bytes": None,
        "created_at": UPLOADED,
        "started_at": UPLOADED,
        "ended_at": None,
    }
    return Run(**{**values, **more})


class History:
    """Events of one job with one run, a second apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._state = ""

    def _add(self, run_id: int | None, kind: str, was: str, now: str, cause: Cause, reason: str) -> "History":
        at = (len(self.events) + 1) * 1_000_000
        new = Event(
            seq=len(self.events) + 1, run_id=run_id, at=at, kind=kind, was=was, now=now, cause=cause, reason=reason
        )
        self.events.append(new)
        return self

    def job(self, was: JobState, now: JobState, cause: Cause = Cause.NONE, reason: str = "") -> "History":
        """The job moves."""
        return self._add(None, "move", was, now, cause, reason)

    def submitted(self) -> "History":
        """The job is opened and its run stands in line."""
        return self.job(JobState.DRAFT, JobState.OPEN).run(RunState.ACCEPTED)

    def ended(self, cause: Cause = Cause.NONE, reason: str = "") -> "History":
        """The job ends."""
        return self.job(JobState.OPEN, JobState.ENDED, cause, reason)

    def run(self, *states: RunState, cause: Cause = Cause.NONE, reason: str = "") -> "History":
        """The run moves through states; cause and reason belong to the last."""
        for state in states:
            is_last = state is states[-1]
            self._add(7, "move", self._state, state, cause if is_last else Cause.NONE, reason if is_last else "")
            self._state = state
        return self

    def started(self) -> "History":
        """From the submit to a command that runs."""
        return self.submitted().run(
            RunState.PLANNING,
            RunState.STAGING_IN,
            RunState.STAGING_JOB,
            RunState.SUBMITTING,
            RunState.QUEUED,
            RunState.RUNNING,
        )

    def wish(self, wish: Wish) -> "History":
        """Somebody wants the job to end."""
        return self._add(None, "wish", "", wish, Cause.NONE, "")
