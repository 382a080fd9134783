"""The ports behind which every adapter stands: clock, database, blobs, shells, schedulers.

The life of one run, seen from the engine::

    shell.fresh(directory)                         a run directory with nothing in it yet
    shell.put / shell.unpack (each input)          STAGING_IN
    shell.write(run.json)                          STAGING_JOB
    -- the attempt's token is committed --         SUBMITTING
    scheduler.start(directory, token)              QUEUED; starting twice with one token is starting once
    scheduler.look([...])                          RUNNING … ; or the scheduler pushes: on_end(token)
    shell.walk / shell.collect                     STAGING_OUT
    shell.remove(directory)                        some time after the last commit

Any of these calls may be made again after a crash and must then do no harm. All raise only Problems.
"""

from dragoman.core.ports.blobs import BlobStore, BlobWriter, Stored
from dragoman.core.ports.clock import Clock
from dragoman.core.ports.db import Db, ending, is_ending
from dragoman.core.ports.logins import Done, Facts, Login, Logins, Reach, Small
from dragoman.core.ports.measurements import Measurements
from dragoman.core.ports.outbound import Fetch, Mail, Post
from dragoman.core.ports.runtimes import Runtime
from dragoman.core.ports.schedulers import Scheduler
from dragoman.core.ports.shells import Entry, Shell
from dragoman.core.ports.sites import SINGULARITY, Site, Sites

__all__ = [
    "SINGULARITY",
    "BlobStore",
    "BlobWriter",
    "Clock",
    "Db",
    "Done",
    "Entry",
    "Facts",
    "Fetch",
    "Login",
    "Logins",
    "Mail",
    "Measurements",
    "Post",
    "Reach",
    "Runtime",
    "Scheduler",
    "Shell",
    "Site",
    "Sites",
    "Small",
    "Stored",
    "ending",
    "is_ending",
]
