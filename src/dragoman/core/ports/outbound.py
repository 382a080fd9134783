"""What is fetched from the web and sent into it for people."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol


class Fetch(Protocol):
    """Gets what lies on the web for people, never on their behalf from inside our own network."""

    async def fetch(self, url: str) -> AsyncIterator[bytes]:
        """The bytes at an ``http`` or ``https`` address, in pieces, once the answer has begun.

        Raises NotFound, Denied, Invalid (an address that is refused), Unavailable and Broken.
        """
        ...


class Post(Protocol):
    """Sends what people want sent to addresses on the web, never from inside our own network."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body; the status of the answer. Raises Invalid (an address that is refused) and Unavailable."""
        ...


class Mail(Protocol):
    """Sends mail."""

    async def send(self, address: str, title: str, text: str, *, also_html: bool = False) -> None:
        """Hand a mail over to the server. Raises Denied (the mailbox is refused) and Unavailable."""
        ...
