"""A lock on a run folder: one process at a time writes a run, and a dead process keeps no lock.

Two means work together. The system's own lock (flock) ends with its process. But some network drives have no such
locks, or have them for one machine only. So the holder also writes its machine, its process number and a count into the
lock file every `BEAT_S`. On the same machine, the system knows whether this process is alive. On another one, a count
that stands still for `DEAD_S` belongs to a dead process. No clock is compared with that of another machine.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

from detector.errors import OutputError
from detector.outputs.locks import system_lock

BEAT_S = 2.0  # from one count to the next
DEAD_S = 20.0  # without a new count for this long, a process on another machine is dead
LOOK_S = 0.5  # from one look at the count to the next


@dataclass(frozen=True)
class Holder:
    """The holder of a lock, as the lock file names it.

    Attributes
    ----------
    machine : str
        Name of its machine, and the number of the time that the machine was started.
    process : int
        Number of its process.
    token : str
        Differs between two processes that have the same number one after the other.
    count : int
        Rises while the process lives.
    """

    machine: str
    process: int
    token: str
    count: int = 0

    def __str__(self) -> str:
        return f"process {self.process} on {self.machine.partition(' ')[0]}"

    @property
    def text(self) -> str:
        """Return the content of the lock file."""
        return f"{self.machine}\t{self.process}\t{self.token}\t{self.count}\n"


class RunLock:
    """The lock that this process holds."""

    def __init__(self, path: Path, holder: Holder) -> None:
        self._path = path
        self._holder = holder
        self._other: Holder | None = None

    def check(self) -> None:
        """Raise `OutputError` if another process took the lock, because this one was paused for too long."""
        if self._other is not None:
            raise OutputError(f"{self._path.parent}: {self._other} writes this run by now, so this process ends")

    def beat(self, count: int) -> None:
        """Count in the lock file, unless another process took the lock."""
        holder = _read(self._path)
        if holder is not None and holder.token != self._holder.token:
            self._other = holder
        if self._other is None:
            with suppress(OSError):
                _write(self._path, replace(self._holder, count=count).text)

    def release(self) -> None:
        """Empty the lock file, unless another process took the lock."""
        self.beat(0)
        if self._other is None:
            with suppress(OSError):
                _write(self._path, "")


@contextmanager
def run_lock(path: Path) -> Iterator[RunLock]:
    """Lock a run folder by its lock file, until the block ends.

    Raises
    ------
    OutputError
        If another process holds the lock, or the lock file cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    own = Holder(_machine(), os.getpid(), secrets.token_hex(4))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OutputError(f"{path}: is not a regular file; delete it")
        is_locked = system_lock(descriptor)
        holder = _read(path)
        if is_locked is False:
            raise _in_use(path, holder)
        if holder is not None and not (is_locked and holder.machine == own.machine):
            _refuse_living(path, holder, own.machine)
        _claim(path, own, alone=bool(is_locked))
        lock = RunLock(path, own)
        with _beating(lock):
            yield lock
    finally:
        os.close(descriptor)


def _in_use(path: Path, holder: Holder | None) -> OutputError:
    named = "another process" if holder is None else str(holder)
    return OutputError(f"{path.parent}: {named} is writing this run; wait for it, or stop it first")


def _refuse_living(path: Path, holder: Holder, machine: str) -> None:
    """Raise `OutputError` if the process that the lock file names is alive. A living one counts on."""
    if holder.machine == machine and not _is_alive(holder.process):
        return
    end = time.monotonic() + DEAD_S
    while time.monotonic() < end:
        time.sleep(LOOK_S)
        now = _read(path)
        if now is None:
            return
        if now != holder:
            raise _in_use(path, now)


def _claim(path: Path, own: Holder, *, alone: bool) -> None:
    """Write the holder into the lock file. Without locks of the system, make sure that no one did so as well."""
    try:
        _write(path, own.text)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    if alone:
        return
    time.sleep(LOOK_S)
    holder = _read(path)
    if holder is None or holder.token != own.token:
        raise _in_use(path, holder)


def _machine() -> str:
    """Return a name that no other machine has, and that changes when this one is started again."""
    with suppress(OSError):
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return f"{socket.gethostname()} {started[:8]}"
    return socket.gethostname()


def _is_alive(process: int) -> bool:
    """Return whether a process of this machine is alive. It may be another one that has its number now."""
    if sys.platform == "win32":  # where this signal would end the process; its count will tell
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def _beating(lock: RunLock) -> Iterator[None]:
    """Count in the lock file while the block runs; then empty it."""
    ended = Event()

    def beat() -> None:
        count = 0
        while not ended.wait(BEAT_S):
            count += 1
            lock.beat(count)

    thread = Thread(target=beat, name="lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        lock.release()


def _write(path: Path, text: str) -> None:
    """Write the lock file in place: a new file would not have the system's lock."""
    with path.open("r+b") as file:
        file.write(text.encode())
        file.truncate()


def _read(path: Path) -> Holder | None:
    """Read the lock file; None if nobody holds the lock."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    machine, process, token, count = (text.rstrip("\n").split("\t") + [""] * 4)[:4]
    if not text:
        return None
    numbers = [int(number) if re.fullmatch("[0-9]{1,18}", number) else 0 for number in (process, count)]
    return Holder(machine, numbers[0], token, numbers[1])
