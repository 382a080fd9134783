"""The migrations make what the tables say."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from dragoman.store import tables
from tests.store.conftest import AnyDb


def test_the_migrations_make_what_the_tables_say(db: AnyDb) -> None:
    """A database that went through every migration differs in nothing from the tables that the code works with."""

    def differences(conn: Connection) -> object:
        return compare_metadata(MigrationContext.configure(conn), tables.metadata)

    assert [] == db.write_now(differences)
