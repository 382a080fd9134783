"""Turns rows into the nouns of core. A row may come from any statement that selects the whole table."""

from typing import Any

from dragoman.core.job import Event, Job, JobHead, Run, workload_from_json
from dragoman.core.states import Cause, JobState, RunState, Wish
from dragoman.core.things import Account, App, File, System


def read_account(row: Any) -> Account:
    """An account without its password."""
    return Account(id=row.id, name=row.name, email=row.email, is_admin=row.is_admin)


def read_job(row: Any) -> Job:
    """A job with its workload."""
    return Job(**_head(row), letter=row.letter, workload=workload_from_json(row.workload))


def read_job_head(row: Any) -> JobHead:
    """What lists know of a job; the row may lack the rest."""
    return JobHead(**_head(row))


def _head(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "door": row.door,
        "alias": row.alias,
        "owner_id": row.owner_id,
        "name": row.name,
        "state": JobState(row.state),
        "outcome": RunState(row.outcome) if row.outcome else None,
        "cause": Cause(row.cause),
        "reason": row.reason,
        "progress": RunState(row.progress) if row.progress else None,
        "wish": Wish(row.wish),
        "notes": row.notes,
        "input_bytes": row.input_bytes,
        "output_bytes": row.output_bytes,
        "runs": row.runs,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "submitted_at": row.submitted_at,
        "ended_at": row.ended_at,
    }


def read_run(row: Any) -> Run:
    """A run."""
    return Run(
        id=row.id,
        job_id=row.job_id,
        number=row.number,
        state=RunState(row.state),
        left=RunState(row.left) if row.left else None,
        cause=Cause(row.cause),
        reason=row.reason,
        exit_code=row.exit_code,
        system_id=row.system_id,
        queue=row.queue,
        token=row.token,
        handle=row.handle,
        wish=Wish(row.wish),
        variables=tuple(row.variables),
        output_count=row.output_count,
        output_bytes=row.output_bytes,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def read_event(row: Any) -> Event:
    """An event."""
    return Event(
        seq=row.seq,
        run_id=row.run_id,
        at=row.at,
        kind=row.kind,
        was=row.was,
        now=row.now,
        cause=Cause(row.cause),
        reason=row.reason,
    )


def read_file(row: Any) -> File:
    """A file."""
    return File(
        id=row.id,
        door=row.door,
        alias=row.alias,
        owner_id=row.owner_id,
        name=row.name,
        relative_path=row.relative_path,
        role=row.role,
        size=row.size,
        md5=row.md5,
        sha512=row.sha512,
        blob=row.blob,
        is_text=row.is_text,
        job_id=row.job_id,
        run_id=row.run_id,
        created_at=row.created_at,
        deleted_at=row.deleted_at,
    )


def read_system(row: Any) -> System:
    """A system."""
    return System(
        id=row.id,
        name=row.name,
        description=row.description,
        owner_id=row.owner_id,
        shell=row.shell,
        scheduler=row.scheduler,
        slots=row.slots,
        facets=row.facets,
        kind=row.kind,
        host=row.host,
        port=row.port,
        root=row.root,
        enabled=row.enabled,
        budgets=row.budgets,
        uuid=row.uuid,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )


def read_app(row: Any) -> App:
    """An app."""
    return App(
        id=row.id,
        namespace=row.namespace,
        name=row.name,
        version=row.version,
        environment=row.environment,
        facets=row.facets,
        owner_id=row.owner_id,
        enabled=row.enabled,
        uuid=row.uuid,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )
