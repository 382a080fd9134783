"""The only room with SQL: tables, migrations, plain functions ``fn(conn, …)``, and the two databases that run them."""

from sqlalchemy import Connection

__all__ = ["Connection"]
