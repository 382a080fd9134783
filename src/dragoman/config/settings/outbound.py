"""The settings of what the service asks on the web and sends to people."""

from dataclasses import dataclass
from typing import Literal

from dragoman.config.settings.fields import listed, secret, within


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What the service asks on the web for people: this host and private networks only where they are allowed here."""

    allow: tuple[str, ...] = listed("places")
    """Not public, and asked all the same, on any port: `"receiver.internal"`, `"10.1.0.0/16"`, `"127.0.0.1"`."""
    ports: tuple[str, ...] = listed("ports")
    """TCP ports that may be asked on public addresses beside 80 and 443."""
    seconds: float = within(0.1, 30.0)
    """Seconds until a server must have answered, and until each next part must have come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The server that takes the mail which people subscribe to. Without one, no mail is sent."""

    server: str = ""
    """Host name or address of the SMTP server; empty: none."""
    port: int = within(1, 587, 65535)
    """Its port; on 465, TLS comes first."""
    user: str = ""
    """Log in under this name; empty: not at all."""
    password: str = secret("")
    """The password of that user."""
    sender: str = within(1, "dragoman@localhost")
    """The address that mail comes from."""
    starttls: Literal["auto", "require", "off"] = "auto"
    """Encrypt: `auto` when the server offers it, `require` or send nothing, `off` never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """How hard the service tries to deliver a notice of a job."""

    tries: int = within(1, 3)
    """Tries before a receiver counts as down."""
    pause_seconds: float = within(0, 20.0)
    """Seconds between these."""
    later_tries: int = within(0, 150)
    """Tries after that, before the notice is given up."""
    later_seconds: float = within(0, 600.0)
    """Seconds between these."""
    keep_days: float = within(0, 7.0)
    """Days for which the database tells what became of a notice."""
    at_once: int = within(1, 16)
    """Jobs whose notices are on their way at the same moment; half of them may be one account's."""
