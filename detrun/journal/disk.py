"""One file that only grows, and what a disk can do to it. Knows nothing of what is in it."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

from detrun.errors import Unwritable

# macOS has no fdatasync.
_sync = getattr(os, "fdatasync", os.fsync)

_HINTS = {
    errno.ENOSPC: "make room on the disk, or remove old runs with `detrun journal prune`; then start the run again",
    errno.EDQUOT: "make room within the quota, or write the journal elsewhere; then start the run again",
    errno.EFBIG: "the system limits the size of files here: write the journal elsewhere, or in smaller segments",
    errno.EROFS: "write the journal to a directory that is not read-only",
    errno.EACCES: "write the journal to a directory that this user may write to",
    errno.EPERM: "write the journal to a directory that this user may write to",
    errno.EEXIST: "a journal is never written over: give the new one another name",
    errno.ENOTDIR: "a file is in the place of a directory: move it, or give the journal another place",
    errno.ENOENT: "leave the directory of a running journal where it is; start the run again",
    errno.EIO: "the disk itself fails: write the journal elsewhere",
}


# Above those that a program gets for its own files, which should have the numbers that they have without a journal.
_SPARE = 100


def _out_of_the_way(descriptor: int) -> int:
    try:
        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _SPARE)
    finally:
        os.close(descriptor)


class Disk:
    """A file that was not there before, is for nobody else to read, and only grows by whole blocks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            self.descriptor = _out_of_the_way(os.open(path, flags, 0o600))
        except OSError as error:
            raise unwritable(path, error) from error
        # As long as somebody writes it nobody prunes it; the lock goes with the process, however that ends.
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, head: bytes, rest: bytes | bytearray = b"") -> None:
        """Hand a block to the system, whole or not at all: from then on it survives the end of this process."""
        size = len(head) + len(rest)
        try:
            # Not `write`: a program may believe that to be its own, and this is called before each output.
            written = os.writev(self.descriptor, (head, rest))
            while written < size:
                # The rest most often says why: the disk is full.
                written += os.writev(self.descriptor, (memoryview(head + rest)[written:],))
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self.descriptor, self.size)
            raise unwritable(self.path, error) from error
        self.size += size

    def sync(self) -> None:
        """Return when everything written is on the disk, in a file that can still be found."""
        try:
            _sync(self.descriptor)
            if not os.fstat(self.descriptor).st_nlink:
                raise FileNotFoundError(errno.ENOENT, "the file was removed while it was written")
        except OSError as error:
            raise unwritable(self.path, error) from error

    def sync_directory(self) -> None:
        """Return when the name of the file is on the disk too."""
        try:
            directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def discard(self) -> None:
        """Leave no file behind: nothing was written to it."""
        self.close()
        with suppress(OSError):
            self.path.unlink()

    def close(self) -> None:
        """Write no more."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def unwritable(path: Path, error: OSError) -> Unwritable:
    """What an error of the system means for a journal."""
    hint = _HINTS.get(error.errno or 0, "mend what is wrong there, or write the journal elsewhere")
    return Unwritable(str(path), (error.strerror or str(error)).lower(), hint)
