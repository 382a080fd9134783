"""The transcripts of the bash command line, typed again with curl, jq and grep: first the tutorial, then the rest."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.receivers import Mailbox, mailbox
from tests.service import PASSWORD, Service, running_service, wait_until
from tests.tapis2.commands import CHAPTERS
from tests.tapis2.conftest import MAIL, SETTINGS
from tests.tapis2.transcripts import Words, play
from tests.tapis2.tutorial import APPS, BOOT, SEED

COMMANDS = """
tenants-list
tenants-init -t tacc.prod
clients-create -S -N cli -D desc -u joe -p secret
clients-list
clients-delete
auth-tokens-create -S -u joe -p secret
auth-tokens-refresh -S
auth-check
apps-list
apps-list ID
jobs-submit -F
jobs-list
jobs-list ID
jobs-status ID
jobs-history ID
jobs-output-list ID
jobs-output-list -L ID
jobs-output-get ID FILE
jobs-output-get -r ID
jobs-stop ID
jobs-resubmit ID, 2.3.1
jobs-resubmit ID, 3.1.0
jobs-hide ID
jobs-unhide ID
jobs-pems-list ID
jobs-pems-update ID
jobs-submit -F, bad app
jobs-template APP
auth-session-init, 3.0
apps-search
apps-addupdate --notemplate -F app.json
apps-addupdate -F app.json ID
apps-delete ID
systems-addupdate -F s.json
systems-list
systems-list -S
systems-list -E -P
systems-setdefault ID
systems-roles-list ID
systems-roles-addupdate -u bob -r USER ID
systems-delete ID
files-list -S SYS foo
files-list -L
files-upload -F a.txt -S SYS dir
files-mkdir -N d -S SYS foo
files-copy
files-move
files-rename
files-delete
files-get -S SYS p
files-import -U URL -S SYS d
files-pems-update
files-mkdir agave://SYS/applications/, 3.0
files-cp a.txt agave://SYS/, 3.0
files-cp agave://SYS/a agave://SYS/b, 3.0
files-rm agave://SYS/b, 3.0
jobs-search
notifications-addupdate -U url -E FINISHED -A UUID -p
notifications-addupdate -F n.json
notifications-list
notifications-delete ID
profiles-list me
""".strip().splitlines()
"""All commands whose requests are known."""

UNASKING = {"auth-check": "asks nothing: it prints what is in its own cache"}


@pytest.fixture(scope="module")
def post() -> Iterator[Mailbox]:
    """The mail server of the service."""
    with mailbox() as made:
        yield made


@pytest.fixture(scope="module")
def site(post: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for the tenant of the tutorial, that sends mail."""
    settings = {**SETTINGS, **MAIL, "DRAGOMAN_MAIL_PORT": str(post.port), "DRAGOMAN_REALM_TENANT": "tacc.prod"}
    with running_service(tmp_path_factory.mktemp("transcripts"), settings) as running:
        running.account("joe")
        running.account("bob")
        yield running


@pytest.fixture(scope="module")
def taught(site: Service, tmp_path_factory: pytest.TempPathFactory) -> Words:
    """The words of somebody who has typed all of the tutorial."""
    words = {"url": site.url, "here": quote(site.url, safe=""), "user": "joe"}
    words |= {"password": PASSWORD, "encoded": quote(PASSWORD)}
    play((*BOOT, *APPS, *SEED), words, tmp_path_factory.mktemp("typed"))
    return words


@pytest.mark.slow
def test_the_tutorial_is_told_by_mail(taught: Words, post: Mailbox) -> None:
    """Every state of its job comes in order, to the address that its file names."""
    about = re.compile(rf"Job {taught['job']} received a (\w+) event")

    def events() -> list[str]:
        mails = [one for one in post.mails if one.recipients == ["me@example.org"]]
        return [found[1] for one in mails if (found := about.fullmatch(str(one.message["Subject"]).strip()))]

    wait_until(lambda: "FINISHED" in events())
    steps = ["PENDING", "QUEUED", "RUNNING", "CLEANING_UP", "ARCHIVING", "FINISHED"]
    assert steps == [one for one in events() if one in steps]


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_chapter(chapter: str, taught: Words, tmp_path: Path) -> None:
    play(CHAPTERS[chapter], dict(taught), tmp_path)


def test_every_command_has_a_transcript() -> None:
    """Or a reason why it has none."""
    typed = {ask.command for asks in (BOOT, APPS, SEED, *CHAPTERS.values()) for ask in asks}
    assert set(UNASKING) == set(COMMANDS) - typed
