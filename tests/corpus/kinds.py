"""What has an audio name and is no recording."""

from __future__ import annotations

import os
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.corpus import riff
from tests.corpus.case import Case, Source, content
from tests.corpus.holes import litter
from tests.corpus.sound import KINDS, from_source, recording, source_name


def kinds(quick: bool) -> Iterator[Case]:
    """Give all of them."""
    for suffix in ("wav", "flac", "mp3", "ogg"):
        yield _refused(f"pipe.{suffix}", os.mkfifo)
        yield _refused(f"link-to-device.{suffix}", _link("/dev/zero"))
        yield _refused(f"link-to-no-end.{suffix}", _link("/dev/urandom"))
        yield _refused(f"link-to-nothing.{suffix}", _link("no such file"))
        yield _refused(f"empty.{suffix}", content(b""))
        yield _refused(f"text.{suffix}", content(b"recording,start_s,end_s\n" * 100))
        yield _refused(f"zeros.{suffix}", content(bytes(100000)))
        yield _refused(f"litter.{suffix}", content(litter(100000)))
        yield _refused(f"picture.{suffix}", content(b"\x89PNG\r\n\x1a\n" + bytes(1000)))
        yield _refused(f"archive.{suffix}", content(b"PK\x03\x04" + zlib.compress(bytes(1000))))
        yield _refused(f"page.{suffix}", content(b"<!DOCTYPE html><html><body>404</body></html>"))
    yield _refused("link-to-null.wav", _link("/dev/null"))
    yield _refused("link-loop.wav", lambda path: path.symlink_to(path.name))
    yield _refused("socket.wav", _socket)
    if os.geteuid() != 0:
        yield _refused("not-permitted.wav", _not_permitted)
    yield Case("folder.wav", lambda path: path.mkdir(), named="may", listed=False)
    yield Case("folder-loop.wav", _folder_loop, named="may", listed=False)
    yield _refused("header-only.wav", content(recording("wav16")[:40] + struct.pack("<I", 0)))
    yield Case("header-only-valid.wav", content(riff.wav([riff.fmt(), riff.chunk(b"data", b"")])), failed=True)
    yield from _misnamed()


def _misnamed() -> Iterator[Case]:
    """Give each format the suffix of another: the contents say what it is."""
    for kind, spec in KINDS.items():
        source = source_name(kind, "short")
        suffix = "wav" if spec.suffix != "wav" else "mp3"
        yield Case(f"misnamed-{kind}.{suffix}", content(from_source(source)), (Source(source),), named="may")


def _refused(name: str, write: Callable[[Path], None]) -> Case:
    return Case(name, write, failed=True)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _socket(path: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(path.parent)  # a socket's path may be no longer than about 100 bytes
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def _not_permitted(path: Path) -> None:
    path.write_bytes(recording("wav16", "short"))
    path.chmod(0)


def _folder_loop(path: Path) -> None:
    path.mkdir()
    (path / "up.wav").symlink_to("..", target_is_directory=True)
