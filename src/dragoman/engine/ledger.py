"""Keeps count of what is left of each element of a transfer, to know when one has ended, and how. Pure."""

from collections import Counter

from dragoman.core.transfers import DONE, Part, TransferState
from dragoman.store.transfer_moves import Ended


def failed(part: Part, message: str, since: int) -> Ended:
    """A part that failed; whether the whole transfer does depends on whether it was needed."""
    state = TransferState.FAILED_OPTIONAL if part.optional else TransferState.FAILED
    return Ended(part=part, state=state, message=message, since=since)


class Ledger:
    """Which elements still have files to copy, and what went wrong in those that are not needed."""

    def __init__(self, elements: dict[int, Part], files: list[Part]) -> None:
        self._elements = elements
        self._left = Counter(file.parent_id for file in files if file.state not in DONE)
        self._wrong = {file.parent_id: file.message for file in files if file.state is TransferState.FAILED_OPTIONAL}

    def close(self, ended: Ended) -> list[Ended]:
        """What has ended with a file: the file, and its element when it was the last one."""
        parent = ended.part.parent_id
        self._left[parent] -= 1
        if ended.state is not TransferState.COMPLETED:
            self._wrong[parent] = ended.message
        if self._left[parent] and ended.state is not TransferState.FAILED:
            return [ended]
        element, wrong = self._elements[parent or 0], self._wrong.get(parent)
        if wrong is None:
            return [ended, Ended(part=element, state=TransferState.COMPLETED, since=ended.since)]
        return [ended, failed(element, wrong, ended.since)]
