"""What a job is called where letters are few: in names of files and directories. Pure."""

import re
import unicodedata

_OTHER = re.compile(r"[^a-z0-9_]+")
_LONGEST = 80


def slug(name: str) -> str:
    """The name in small ASCII letters, digits and underscores, with a hyphen for everything else."""
    plain = unicodedata.normalize("NFD", name.strip()).encode("ascii", "ignore").decode().replace("'", "")
    return _OTHER.sub("-", plain.lower()).strip("-")[:_LONGEST] or "job"


def script_name(slug_: str) -> str:
    """As a batch scheduler takes it: no digit first."""
    return f"agave-{slug_}" if slug_[0].isdigit() else slug_
