"""Opens one SSH connection: the host's key is checked, the login's secret is shown. Keeps and repeats nothing."""

import asyncio
import logging
from typing import Any

import asyncssh

from dragoman.shells.known_hosts import KnownHosts, Meeting, changed, remember
from dragoman.shells.ssh_errors import COMPLAINTS, connecting
from dragoman.shells.ssh_target import SshLimits, SshTarget, private_key

# At its usual level it writes down every command and every path.
logging.getLogger("asyncssh").setLevel(logging.WARNING)

CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes128-ctr",
)
"""The first is half as fast again as the usual choice."""
MISSED_KEEPALIVES = 3


async def connect(target: SshTarget, known: KnownHosts, limits: SshLimits) -> asyncssh.SSHClientConnection:
    """Log in. Raises Denied (secret refused, host key changed), Unavailable (no answer) and Broken."""
    meeting = Meeting(await known.get(target.host, target.port))
    try:
        connection = await _opened(target, meeting, limits)
    except BaseException:
        await remember(known, target.host, target.port, meeting)
        raise
    try:
        await remember(known, target.host, target.port, meeting)
    except BaseException:
        connection.abort()
        raise
    return connection


async def _opened(target: SshTarget, meeting: Meeting, limits: SshLimits) -> asyncssh.SSHClientConnection:
    secret = await asyncio.to_thread(_secret, target)
    try:
        async with asyncio.timeout(limits.connect):
            return await asyncssh.connect(
                target.host,
                target.port,
                username=target.login,
                client_factory=lambda: meeting,
                known_hosts=(meeting.trusted(), [], []),
                server_host_key_algs=meeting.algorithms(),
                encryption_algs=CIPHERS,
                compression_algs=None,
                keepalive_interval=limits.keepalive,
                keepalive_count_max=MISSED_KEEPALIVES,
                **_NOTHING_OF_OURS,
                **secret,
            )
    except asyncssh.HostKeyNotVerifiable as error:
        raise changed(target.name, meeting.kept, meeting.shown) from error
    except COMPLAINTS as error:
        raise connecting(error, target.name, target.login, limits.connect) from error


_NOTHING_OF_OURS: dict[str, Any] = {
    "config": None,
    "agent_path": None,
    "x509_trusted_certs": None,
    "gss_host": None,
    "host_based_auth": False,
    "login_timeout": 0,
}
"""Neither the configuration nor the keys of the service's own user are for other people's logins."""


def _secret(target: SshTarget) -> dict[str, Any]:
    """What is shown to the host; reading an RSA key takes a while."""
    if target.private_key:
        key = private_key(target.private_key)
        return {"client_keys": [key], "password_auth": False, "kbdint_auth": False}
    return {"client_keys": None, "password": target.password, "public_key_auth": False}
