"""The log of a run: one file for the output of all its steps, whose lines may be stamped with the UTC time.

What cannot be written is dropped: a full disk stops no run. Standard library only: this is also loaded on its own,
outside the service.
"""

import contextlib
import os
import time

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class JobLog:
    """Takes the output of steps as it comes, and lines of its own.

    ``style`` holds ``name``, ``stamp``, ``opening`` and ``closing``; ``limit`` is how many bytes of output are kept.
    Opening it raises OSError.
    """

    def __init__(self, work: str, style: dict[str, object], limit: int) -> None:
        *folders, self._name = str(style["name"]).split("/")
        self._folder = os.open(work, _FOLDER)
        for folder in folders:
            self._enter(folder)
        self._file = self._open()
        self._stamped = bool(style["stamp"])
        self._limit = limit
        self._room = limit
        self._line_begins = True
        self._second = -1
        self._stamp = b""

    def _enter(self, folder: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o755, dir_fd=self._folder)
        inner = os.open(folder, _FOLDER, dir_fd=self._folder)
        os.close(self._folder)
        self._folder = inner

    def _open(self) -> int:
        # A staged input of this name may be a link that leads outside, or share its bytes with another file.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._name, dir_fd=self._folder)
        return os.open(self._name, _FLAGS, 0o644, dir_fd=self._folder)

    def say(self, text: str) -> None:
        """Write a line of our own, on a line of its own."""
        start = b"" if self._line_begins else b"\n"
        self._write(start + self._prefix() + text.encode(errors="replace") + b"\n")
        self._line_begins = True

    def output(self, chunk: bytes) -> None:
        """Take the next bytes of output; whole lines or not."""
        if self._room <= 0:
            return
        data = self._with_stamps(chunk)
        if len(data) <= self._room:
            self._room -= len(data)
            self._write(data)
            self._line_begins = data.endswith(b"\n")
            return
        kept = data[: data.rfind(b"\n", 0, self._room) + 1 or self._room]
        self._room = 0
        self._write(kept)
        self._line_begins = kept.endswith(b"\n")
        self.say(f"Output beyond {self._limit} bytes was dropped (setting local.log_bytes).")

    def _with_stamps(self, chunk: bytes) -> bytes:
        if not self._stamped:
            return chunk
        stamp = self._prefix()
        # The stamp of the line after a final newline waits for that line: it may come much later.
        last = b"\n" if chunk.endswith(b"\n") else b""
        body = chunk[: len(chunk) - len(last)].replace(b"\n", b"\n" + stamp) + last
        return stamp + body if self._line_begins else body

    def _prefix(self) -> bytes:
        if not self._stamped:
            return b""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("[%Y-%m-%dT%H:%M:%SZ]: ", time.gmtime(second)).encode()
        return self._stamp

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError:
            return

    def restore(self) -> None:
        """Put the file back when its name was deleted or leads elsewhere, if that is possible."""
        try:
            if not self._is_in_place():
                self._copy_back()
        except OSError:
            return

    def _is_in_place(self) -> bool:
        mine = os.fstat(self._file)
        try:
            there = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)

    def _copy_back(self) -> None:
        spare = f".{self._name}.{os.getpid()}"
        copy = os.open(spare, _FLAGS & ~os.O_APPEND, 0o644, dir_fd=self._folder)
        offset = 0
        while sent := os.sendfile(copy, self._file, offset, 1 << 24):
            offset += sent
        os.close(copy)
        os.replace(spare, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
