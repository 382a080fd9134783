"""Reads server-sent events, also those whose data go on over several lines after one ``data:``. Pure."""

from collections.abc import Iterator

from dragoman.core.errors import Unavailable

MOST_BYTES = 16 << 20
"""Of one event."""


class Events:
    """Takes the bytes of a stream as they come."""

    def __init__(self) -> None:
        self._held = b""

    def take(self, piece: bytes) -> Iterator[str]:
        """The data of every event that is whole by now; none for comments. Raises Unavailable for an endless one."""
        self._held += piece.replace(b"\r\n", b"\n")
        while b"\n\n" in self._held:
            event, self._held = self._held.split(b"\n\n", 1)
            if data := _data(event.decode(errors="replace")):
                yield data
        if len(self._held) > MOST_BYTES:
            raise Unavailable(f"An event of the stream of goals has more than {MOST_BYTES} bytes.")


def _data(event: str) -> str:
    lines = event.strip("\n").split("\n")
    first = next((place for place, line in enumerate(lines) if line.startswith("data:")), None)
    if first is None:
        return ""
    return "\n".join(line.removeprefix("data:").strip() for line in lines[first:])
