"""Whom to log in as, where, and with which patience. Opens no connection."""

from dataclasses import dataclass, field

import asyncssh

from dragoman.core.errors import Denied


@dataclass(frozen=True, slots=True, kw_only=True)
class SshTarget:
    """A login with its secret: a password or a private key. Equal ones share a connection, all others do not."""

    host: str
    port: int = 22
    login: str
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    """In any format asyncssh reads; its newlines may be written as ``\\n``. Goes before the password."""

    @property
    def name(self) -> str:
        """As the host is named in messages."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SshLimits:
    """How long to wait for a host, and how much to ask of it at once. Times in seconds."""

    connect: float = 10.0
    """From the first packet to the end of the login."""
    silence: float = 60.0
    """A host that answers no request about files for so long is given up."""
    idle: float = 300.0
    """A connection that nobody uses is closed after so long."""
    keepalive: float = 15.0
    """A connection is lost when three questions, so far apart, stay without an answer."""
    channels: int = 8
    """Sessions on one connection, up to three for files and the others for commands. OpenSSH's MaxSessions is 10."""
    first_pause: float = 1.0
    """After a failure nothing is tried for so long, then for twice as long after each further one …"""
    longest_pause: float = 60.0
    """… up to this; a random part of up to a half is taken off."""


def private_key(text: str) -> asyncssh.SSHKey:
    """The key in a text, as people paste it. Raises Denied when it is none, or is locked by a passphrase."""
    plain = text.replace("\\r", "").replace("\\n", "\n").replace("\r", "").strip() + "\n"
    try:
        return asyncssh.import_private_key(plain)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        if "passphrase" in str(error).lower():
            raise Denied("The private key is locked by a passphrase.", hint="Give one without.") from error
        raise Denied("The private key cannot be read.", hint="Give it whole, in OpenSSH's format or as PEM.") from error
