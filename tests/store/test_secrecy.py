"""What people send stays out of what is told about faults."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import StatementError

from tests.store.conftest import AnyDb

SECRET = "a word that nobody else should read"


def test_a_fault_of_a_statement_does_not_tell_its_values(db: AnyDb) -> None:
    """A traceback may end in a log."""

    def work(conn: Connection) -> None:
        conn.execute(text("SELECT nothing FROM nowhere WHERE nothing = :word"), {"word": SECRET})

    with pytest.raises(StatementError) as caught:
        db.write_now(work)
    assert SECRET not in str(caught.value)
