"""The migrations make what the tables say, and lose nothing that was there."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, insert, select

from dragoman.core.job import workload_as_json
from dragoman.store import migrate, tables
from dragoman.store.sqlite import open_engine
from tests.store.conftest import AnyDb
from tests.store.things import T0, WORKLOAD


def test_the_migrations_make_what_the_tables_say(db: AnyDb) -> None:
    """A database that went through every migration differs in nothing from the tables that the code works with."""

    def differences(conn: Connection) -> object:
        return compare_metadata(MigrationContext.configure(conn), tables.metadata)

    assert [] == db.write_now(differences)


def upgrade(engine: Engine, version: str) -> None:
    """Bring a database to a version."""
    settings = Config()
    settings.set_main_option("script_location", str(migrate.PLACE))
    settings.attributes["engine"] = engine
    command.upgrade(settings, version)


def test_inputs_of_older_jobs_are_known(tmp_path: Path) -> None:
    """Each file that a job names, once; a job without inputs has none."""
    engine = open_engine(str(tmp_path / "test.db"))
    upgrade(engine, "0001")
    inputs = [{"file_id": number, "name": "n", "unpack": False} for number in (7, 8, 7)]
    texts = dict.fromkeys(("door", "name", "state", "outcome", "cause", "reason", "progress", "wish", "letter"), "")
    numbers = dict.fromkeys(("input_bytes", "output_bytes", "events", "runs", "runs_open"), 0)
    row = {**texts, **numbers, "owner_id": 1, "notes": {}, "created_at": T0, "updated_at": T0}
    account = {"name": "ada", "email": "a", "password_hash": "", "is_admin": False, "created_at": T0}
    with engine.begin() as conn:
        conn.execute(insert(tables.account), account)
        workloads = [{**workload_as_json(WORKLOAD), "inputs": some} for some in (inputs, [], inputs[:1])]
        rows = [{**row, "alias": str(place), "workload": one} for place, one in enumerate(workloads)]
        conn.execute(insert(tables.job), rows)
    upgrade(engine, "head")
    with engine.connect() as conn:
        assert [(1, 7), (1, 8), (3, 7)] == sorted(tuple(one) for one in conn.execute(select(tables.job_input)))
    engine.dispose()
