"""What asyncssh and the hosts complain of, as Problems that name the host and the path. Decides nothing else."""

import asyncssh

from dragoman.core.errors import Broken, Conflict, Denied, LoginRefused, NotFound, Problem, Unavailable
from dragoman.shells.below import shown

_GONE = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError, OSError)
_FULL = (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded)

# The first that fits.
_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[Problem], str, str], ...] = (
    (TimeoutError, Unavailable, "{name} does not answer any more.", "Try again later."),
    (_GONE, Unavailable, "The connection to {name} was lost ({reason}).", "Try again."),
    ((asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath), NotFound, "There is no {place}.", ""),
    ((asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect), Denied, "The host forbids it: {place}.", ""),
    (_FULL, Unavailable, "The disk is full, or a quota is used up: {place}.", "Free some space, then try again."),
    (asyncssh.ChannelOpenError, Unavailable, "{name} takes no further session ({reason}).", "Try again later."),
    ((asyncssh.SFTPFailure, asyncssh.SFTPBadMessage), Conflict, "The host cannot do it: {place} ({reason}).", ""),
    (asyncssh.Error, Broken, "The host cannot do it: {place} ({reason}).", ""),
)

COMPLAINTS = (asyncssh.Error, OSError)
"""All that asyncssh raises, but for what is our own mistake."""


def problem(error: Exception, name: str, path: str) -> Problem:
    """The Problem that an exception of COMPLAINTS means."""
    for kinds, form, words, hint in _MEANINGS:
        if isinstance(error, kinds):
            return form(words.format(place=f"{shown(path)} on {name}", name=name, reason=reason(error)), hint=hint)
    raise AssertionError(f"asyncssh raises what is none of its errors: {error!r}")


def connecting(error: Exception, name: str, login: str, seconds: float) -> Problem:
    """The Problem that keeps a connection from being opened."""
    if isinstance(error, TimeoutError):
        return Unavailable(f"{name} does not answer within {seconds:g} s.", hint="Is it up, and reachable from here?")
    if isinstance(error, asyncssh.PermissionDenied | asyncssh.IllegalUserName):
        why = f"{name} refuses the login of {login} ({reason(error)})."
        return LoginRefused(why, hint="Check the login and its secret.")
    if isinstance(error, asyncssh.KeyExchangeFailed | asyncssh.ProtocolNotSupported):
        return Broken(f"{name} and we have no cipher or key type in common ({reason(error)}).")
    return Unavailable(f"{name} cannot be reached ({reason(error)}).", hint="Is it up, and reachable from here?")


def reason(error: Exception) -> str:
    """The exception's own words, short."""
    text = getattr(error, "reason", "") or getattr(error, "strerror", "") or str(error) or type(error).__name__
    return shown(str(text).strip())


_COMPLAINTS = (
    ("No such file or directory", NotFound),
    ("Permission denied", Denied),
    ("Operation not permitted", Denied),
    ("Read-only file system", Denied),
    ("No space left on device", Unavailable),
    ("Disk quota exceeded", Unavailable),
)


def complaint(path: str, text: str) -> Problem:
    """The Problem that cp, mv or rm has written about, in plain English."""
    said = shown((text.strip() or "it does not say why").splitlines()[0])
    kind = next((kind for words, kind in _COMPLAINTS if words in text), Conflict)
    return kind(f"The host cannot do it: {shown(path)} ({said}).")
