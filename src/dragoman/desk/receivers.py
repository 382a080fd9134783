"""Whether something can be sent to a receiver at all, as far as its address tells. Pure."""

import re

from dragoman.config import Settings
from dragoman.core.errors import Invalid
from dragoman.core.notices import EMAIL, WEBHOOK
from dragoman.web.guard import Bounds, check_place

_MAILBOX = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,255}")


def is_mailbox(address: str) -> bool:
    """Whether an address is that of a mailbox."""
    return _MAILBOX.fullmatch(address) is not None


def receiver_fault(method: str, address: str, settings: Settings) -> str:
    """Why nothing can be sent there; empty: it can be tried. A host's name is looked up only when there is news."""
    if method == WEBHOOK:
        outbound = settings.outbound
        bounds = Bounds(allow=outbound.allow, ports={80, 443, *map(int, outbound.ports)})
        try:
            check_place(address, bounds)
        except Invalid as problem:
            return " ".join(why for messages in problem.fields.values() for why in messages)
    elif method == EMAIL:
        if not is_mailbox(address):
            return "This is no address of a mailbox."
        if not settings.mail.server:
            return "This service sends no mail: its operator has set no mail server."
    return ""
