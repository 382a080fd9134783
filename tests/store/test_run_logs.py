"""Logs of nodes, and how files that belong to nobody's list are found and forgotten; on both databases."""

from sqlalchemy import Connection

from dragoman.core.field import FieldDraft
from dragoman.core.ports import Stored
from dragoman.core.states import JobState, RunState
from dragoman.core.uploads import LogQuery
from dragoman.store import accounts, catalogue, field_jobs, files, run_logs
from dragoman.store.tables import job as job_table
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account


def stored(key: str) -> Stored:
    return Stored(key=key, size=len(key), md5="m", sha512="s", is_text=True)


def add_job(conn: Connection) -> int:
    """A job of the field's; and once the account that has the logs."""
    owner = add_account(conn)
    new = {"name": catalogue.OWNER, "email": "x@localhost", "password_hash": ""}
    accounts.add_account(conn, **new, is_admin=False, at=T0)
    draft = FieldDraft(door="field", name="n", letter="", notes={})
    return field_jobs.add_field_job(conn, draft, owner_id=owner.id, at=T0).id


def test_logs_are_chosen_by_node_and_plugin(db: AnyDb) -> None:
    """A plugin is not taken for one whose name goes on, and no sign means more than itself."""

    def work(conn: Connection) -> None:
        job_id = add_job(conn)
        written = (("W1_A", "rain-abc123"), ("w1xa", "rain-heavy-abc123"), ("W2", "rain-abc124"))
        for place, (vsn, run) in enumerate(written):
            run_logs.add_log(conn, job_id=job_id, vsn=vsn, run=run, stored=stored(run), at=T0 + place)
        assert [run for _, run in written[::-1]] == runs(conn, job_id)
        assert ["rain-abc124", "rain-abc123"] == runs(conn, job_id, plugin="rain")
        assert ["rain-heavy-abc123"] == runs(conn, job_id, plugin="rain-heavy")
        assert [] == runs(conn, job_id, plugin="ra_n") == runs(conn, job_id, plugin="%") == runs(conn, job_id + 1)
        assert ["rain-abc123"] == runs(conn, job_id, node="w1_a")
        first, second, _ = run_logs.list_logs(conn, job_id, LogQuery())
        assert ["rain-heavy-abc123"] == runs(conn, job_id, most=1, before=first.id)
        assert ("w1xa", "rain-heavy", T0 + 1) == (second.node, second.plugin, second.kept_at)
        found = run_logs.find_log(conn, job_id=job_id, run="rain-abc124")
        assert found is not None
        assert "rain-abc124" == found.blob

    db.write_now(work)


def runs(conn: Connection, job_id: int, **query: object) -> list[str]:
    return [one.run for one in run_logs.list_logs(conn, job_id, LogQuery(**query))]  # type: ignore[arg-type]


def test_old_files_are_found_page_by_page_and_forgotten(db: AnyDb) -> None:
    """Of one owner and door; what a file has is known until then."""

    def work(conn: Connection) -> None:
        owner = add_account(conn).id
        for place, age in enumerate((9, 1, 9, 9)):
            new = {"door": "field", "alias": str(place), "name": "n", "role": "upload", "stored": stored(f"b{place}")}
            files.add_file(conn, **new, owner_id=owner, at=T0 - age * SECOND)  # type: ignore[arg-type]
        mine = {"door": "field", "owner_id": owner, "before": T0 - 5 * SECOND, "most": 3}
        old, last = files.old_files(conn, **mine, after=0)  # type: ignore[arg-type]
        assert last is not None
        more, end = files.old_files(conn, **mine, after=last)  # type: ignore[arg-type]
        assert (2, 1, (end is not None)) == (len(old), len(more), True)
        assert ([], None) == files.old_files(conn, **mine, after=end)  # type: ignore[arg-type]
        assert {"b0", "b1"} == files.known_blobs(conn, ["b0", "b1", "c"])
        assert ["b0", "b2"] == sorted(files.remove_files(conn, old))
        assert {"b1", "b3"} == files.known_blobs(conn, ["b0", "b1", "b2", "b3"])
        assert files.find_file(conn, door="field", alias="0") is None

    db.write_now(work)


def test_jobs_are_counted_by_state(db: AnyDb) -> None:
    """Only an open job runs, whatever it did before."""

    def work(conn: Connection) -> dict[tuple[JobState, bool], int]:
        owner = add_account(conn).id
        draft = FieldDraft(door="field", name="n", letter="", notes={})
        ids = [field_jobs.add_field_job(conn, draft, owner_id=owner, at=T0).id for _ in range(4)]
        for one, state, progress in zip(
            ids,
            (JobState.DRAFT, JobState.OPEN, JobState.OPEN, JobState.SUSPENDED),
            ("", RunState.ACCEPTED, RunState.RUNNING, RunState.RUNNING),
            strict=True,
        ):
            values = {"state": state.value, "progress": str(progress)}
            conn.execute(job_table.update().where(job_table.c.id == one).values(values))
        return field_jobs.count_field_jobs(conn, door="field")

    draft, suspended = (JobState.DRAFT, False), (JobState.SUSPENDED, False)
    assert {draft: 1, (JobState.OPEN, False): 1, (JobState.OPEN, True): 1, suspended: 1} == db.write_now(work)
