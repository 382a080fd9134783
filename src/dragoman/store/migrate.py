"""Brings a database to the newest form at start; safe to run from several processes at once."""

from pathlib import Path

from sqlalchemy import Engine, inspect

from dragoman.core.errors import Conflict

PLACE = Path(__file__).parent / "migrations"


def newest() -> str:
    """The number of the last migration that this program knows."""
    return max(path.name.partition("_")[0] for path in (PLACE / "versions").glob("[0-9]*.py"))


def is_current(engine: Engine) -> bool:
    """Whether the database has had every migration. Raises Conflict for one that a newer program has changed."""
    with engine.connect() as conn:
        if not inspect(conn).has_table("alembic_version"):
            return False
        version = conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version is not None and str(version) > newest():
        raise Conflict(
            f"The database has form {version}, which is newer than this program.", hint="Install a newer one."
        )
    return bool(version == newest())


def migrate(engine: Engine) -> None:
    """Run every migration that this database has not had, all in one transaction."""
    if is_current(engine):
        return  # Alembic costs time and memory that a plain start can do without.
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(PLACE))
    settings.attributes["engine"] = engine
    command.upgrade(settings, "head")
