"""The versions of the scheduler that clients know, and what differs. See docs/dialects/sage.md#profiles."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One version, as it is seen on the wire."""

    version: str
    word: str
    """The key under which answers tell a job's new state."""
    indent: int
    ending: str
    """What follows the JSON of an answer."""
    is_closed: bool = False
    """Lists and details need a token, and show one's own jobs only."""
    keeps_invalid: bool = False
    """A job that is submitted as a file and cannot be is stored all the same."""
    names_job: bool = False
    """The answer to such a submit names the job."""
    has_plain_rules: bool = False
    """The rules of goals are texts, not objects."""
    has_email: bool = True
    """Records have an address also when there is none."""
    not_owner: str = "User {user} does not have permission to remove the job {id}"
    """What somebody is told who would remove a job of others."""


PROFILES: Mapping[str, Profile] = {
    "0.16.7": Profile(
        version="0.16.7", word="status", indent=2, ending="", is_closed=True, keeps_invalid=True, has_plain_rules=True
    ),
    "0.18.0": Profile(version="0.18.0", word="state", indent=1, ending="\n", keeps_invalid=True),
    "0.28.0": Profile(
        version="0.28.0",
        word="state",
        indent=1,
        ending="\n",
        names_job=True,
        has_email=False,
        not_owner='user "{user}" is not the owner of job "{id}"',
    ),
}
"""By version."""
