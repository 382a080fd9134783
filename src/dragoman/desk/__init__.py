"""The verbs anybody may ask of the house: checks who may, writes rows, never waits for a host but to read from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from dragoman.core.chains import Startable
from dragoman.core.ports import BlobStore, Clock, Db, Measurements, Reach, Shell, Sites
from dragoman.core.ports import Logins as HostLogins
from dragoman.core.retelling import Teller
from dragoman.desk.accounts import Accounts
from dragoman.desk.apps import Apps
from dragoman.desk.bearers import Bearers
from dragoman.desk.board import Board
from dragoman.desk.catalogue import Catalogue
from dragoman.desk.children import Children
from dragoman.desk.choices import Choices
from dragoman.desk.clients import Clients
from dragoman.desk.credentials import Credentials
from dragoman.desk.data import Data, Reader
from dragoman.desk.field_jobs import FieldJobs
from dragoman.desk.files import Files
from dragoman.desk.forgetting import Forgetting
from dragoman.desk.grounds import Grounds
from dragoman.desk.hosted_jobs import HostedJobs
from dragoman.desk.job_notes import JobNotes
from dragoman.desk.job_shares import JobShares
from dragoman.desk.jobs import Jobs
from dragoman.desk.live import Live
from dragoman.desk.logins import Logins
from dragoman.desk.natives import Natives
from dragoman.desk.nodes import Nodes
from dragoman.desk.packages import Packages
from dragoman.desk.path_grants import PathGrants
from dragoman.desk.path_history import PathHistory
from dragoman.desk.people import People
from dragoman.desk.places import Places
from dragoman.desk.postits import Postits
from dragoman.desk.profiles import Profiles
from dragoman.desk.repository import Repository
from dragoman.desk.run_logs import RunLogs
from dragoman.desk.sharing import Sharing
from dragoman.desk.spots import Spots
from dragoman.desk.subscriptions import Subscriptions
from dragoman.desk.systems import Systems
from dragoman.desk.topics import Topics
from dragoman.desk.transfers import Transfers
from dragoman.desk.waking import WakingDb
from dragoman.trust.jwt import KeyPair
from dragoman.trust.tokens import account_token, client_key

__all__ = ["Accounts", "Catalogue", "Clients", "Desk", "Files", "Jobs", "Logins", "open_desk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One desk for all doors."""

    accounts: Accounts
    people: People
    logins: Logins
    bearers: Bearers
    clients: Clients
    catalogue: Catalogue
    jobs: Jobs
    hosted_jobs: HostedJobs
    job_notes: JobNotes
    job_shares: JobShares
    grounds: Grounds
    live: Live
    files: Files
    places: Places
    packages: Packages
    natives: Natives
    path_grants: PathGrants
    path_history: PathHistory
    transfers: Transfers
    postits: Postits
    systems: Systems
    children: Children
    choices: Choices
    apps: Apps
    sharing: Sharing
    credentials: Credentials
    profiles: Profiles
    subscriptions: Subscriptions
    topics: Topics
    nodes: Nodes
    field_jobs: FieldJobs
    data: Data
    run_logs: RunLogs
    forgetting: Forgetting
    repository: Repository


def open_desk(
    *,
    db: Db,
    clock: Clock,
    blobs: BlobStore,
    shells: Mapping[int, Shell],
    work_of: Callable[[int, int], str],
    hint: Callable[[], None],
    hint_line: Callable[[], None],
    digest: Callable[[str], str],
    keys: KeyPair,
    vault_key: bytes,
    measurements: Measurements,
    read_news: Reader = lambda _: None,
    is_data_public: bool = True,
    upload_span: int = 0,
    upload_bytes: int = 0,
    host_logins: HostLogins | None = None,
    reach: Reach | None = None,
    sites: Sites | None = None,
    startable: Mapping[str, Startable] | None = None,
    tellers: Mapping[str, Teller] | None = None,
) -> Desk:
    """Wire a desk.

    ``work_of(system id, run id)`` is a run's working directory. ``hint`` wakes the engine; ``hint_line`` tells it that
    a run has joined a line. ``keys`` sign the tokens that people log in for. ``host_logins`` reaches files on
    people's systems; without it, nobody's. ``vault_key`` seals their credentials; ``reach`` tries these out, and
    without it they can only be stored untried. ``sites`` is where jobs on people's systems run, ``tellers`` are the
    doors that know systems. Where ``is_data_public``, everybody reads ``measurements`` and what nodes upload, which is
    kept for ``upload_span`` nanoseconds (0: for ever). ``read_news`` finds news of goals in what these tell.
    ``startable`` are the doors whose stored jobs events may start, and what they say of those. An account may upload
    ``upload_bytes`` at a door (0: any number).
    """
    jobs, noting = Jobs(db, clock, hint, hint_line), WakingDb(db, hint)
    spots = Spots(db, host_logins)
    places = Places(spots)
    credentials = Credentials(noting, clock, vault_key, reach)
    nodes = Nodes(db, clock, digest)
    return Desk(
        accounts=Accounts(db, clock, digest, partial(account_token, vault_key)),
        people=People(db),
        logins=Logins(db, clock, digest, keys),
        bearers=Bearers(db, clock, digest),
        clients=Clients(db, clock, digest, partial(client_key, vault_key)),
        catalogue=Catalogue(db),
        jobs=jobs,
        hosted_jobs=HostedJobs(db, clock, hint, hint_line),
        job_notes=JobNotes(noting, clock),
        job_shares=JobShares(noting, clock),
        grounds=Grounds(sites),
        live=Live(jobs, shells, work_of),
        files=Files(db, clock, blobs, hint, most=upload_bytes),
        places=places,
        packages=Packages(places, blobs),
        natives=Natives(spots),
        path_grants=PathGrants(noting, clock),
        path_history=PathHistory(noting, clock),
        transfers=Transfers(db, clock, hint),
        postits=Postits(db, clock, spots, places),
        systems=Systems(noting, clock, credentials, tellers),
        children=Children(noting, clock, tellers),
        choices=Choices(noting, clock),
        apps=Apps(noting, clock),
        sharing=Sharing(noting, clock),
        credentials=credentials,
        profiles=Profiles(db, clock),
        subscriptions=Subscriptions(db, clock, hint),
        topics=Topics(db, clock),
        nodes=nodes,
        data=Data(
            db,
            clock,
            blobs,
            measurements,
            nodes,
            hint=hint,
            read_news=read_news,
            is_public=is_data_public,
            upload_span=upload_span,
        ),
        run_logs=RunLogs(db, clock, blobs),
        forgetting=Forgetting(db, clock, measurements, hint),
        repository=Repository(db, clock),
        field_jobs=FieldJobs(db, clock, Board(db), hint, startable=startable or {}),
    )
