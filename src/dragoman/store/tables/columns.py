"""What all tables have in common: the one MetaData, and the column of ids."""

from sqlalchemy import BigInteger, Column, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up by itself only on a column declared INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def new_id() -> "Column[int]":
    """The id of a row, which the database counts up."""
    # Ids of removed rows are never given out again (sqlite_autoincrement): run directories are named by them.
    return Column("id", Id, primary_key=True, autoincrement=True)
