"""How Alembic reaches the database: the engine it is given, one writer at a time."""

from alembic import context
from sqlalchemy import Connection, Engine

LOCK = 7_261_626
"""The advisory lock on PostgreSQL that lets one process migrate while the others wait."""


def run_migrations(connection: Connection) -> None:
    """Take the database for ourselves, then run what is missing."""
    sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else f"SELECT pg_advisory_xact_lock({LOCK})")
    context.configure(connection=connection, render_as_batch=True, transactional_ddl=False)
    context.run_migrations()
    connection.commit()


engine: Engine = context.config.attributes["engine"]
with engine.connect() as open_connection:
    run_migrations(open_connection)
