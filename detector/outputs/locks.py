"""The lock of the system on an open file, which ends with the process that holds it."""

from __future__ import annotations

import errno
import sys


def system_lock(descriptor: int) -> bool | None:
    """Lock an open file or folder; False if another process holds the lock, None if there are no locks."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in {errno.EWOULDBLOCK, errno.EACCES} else None
    return True
