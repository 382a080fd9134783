"""The keys by which hosts prove who they are: kept at the first meeting, asked for ever after. Opens nothing."""

from typing import Protocol

import asyncssh

from dragoman.core.errors import Broken, Denied

ALGORITHMS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)


class KnownHosts(Protocol):
    """Keeps one key for each host and port, as a line of OpenSSH's: ``ssh-ed25519 AAAA…``."""

    async def get(self, host: str, port: int) -> str | None:
        """The key that was kept; None for a host that was never met."""
        ...

    async def put(self, host: str, port: int, key: str) -> None:
        """Keep the key of a host that has none yet; one that is there stays."""
        ...


class Meeting(asyncssh.SSHClient):
    """One meeting with a host: trusts what it shows when nothing was kept before, and nothing but that afterwards."""

    def __init__(self, kept: str | None) -> None:
        self.kept = kept
        self.shown: str | None = None

    def trusted(self) -> list[asyncssh.SSHKey]:
        """The key to expect. Raises Broken when what was kept is none."""
        if self.kept is None:
            return []
        try:
            return [asyncssh.import_public_key(self.kept)]
        except asyncssh.KeyImportError as error:
            raise Broken("The host key that was kept cannot be read.", hint="Remove it, then try again.") from error

    def algorithms(self) -> list[str]:
        """What the host may prove itself with: first what fits the kept key, so that this one is asked for."""
        kind = (self.kept or "").partition(" ")[0].replace("ssh-rsa", "rsa-sha2")
        return sorted(ALGORITHMS, key=lambda algorithm: not (kind and algorithm.startswith(kind)))

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Called by asyncssh for a key that is not the one to expect, before any secret is sent."""
        del host, addr, port
        self.shown = line(key)
        return self.kept is None


def line(key: asyncssh.SSHKey) -> str:
    """The public key as it is kept, without a comment."""
    return " ".join(key.export_public_key().decode().split()[:2])


def changed(name: str, kept: str | None, shown: str | None) -> Denied:
    """What is said about a host that comes with another key than before."""
    return Denied(
        f"The host key of {name} has changed: {_print(kept)} was kept, {_print(shown)} was shown. No secret was sent.",
        hint="Somebody may be listening in. If the host was set up anew, use: dragoman host forget.",
    )


async def remember(known: KnownHosts, host: str, port: int, meeting: Meeting) -> None:
    """Keep what was shown at a first meeting. Raises Denied when another meeting kept another key meanwhile."""
    if meeting.kept is not None or meeting.shown is None:
        return
    await known.put(host, port, meeting.shown)
    kept = await known.get(host, port)
    if kept != meeting.shown:
        raise changed(f"{host}:{port}", kept, meeting.shown)


def _print(key: str | None) -> str:
    if key is None:
        return "no key"
    try:
        return asyncssh.import_public_key(key).get_fingerprint()
    except asyncssh.KeyImportError:
        return "an unreadable key"
