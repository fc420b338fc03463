"""All groups of broken files, and the folder of a batch of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.corpus.case import Case, Group
from tests.corpus.chunks import chunks
from tests.corpus.cuts import cuts
from tests.corpus.fields import fields
from tests.corpus.flips import flips_of
from tests.corpus.holes import flac_holes, mp3_holes
from tests.corpus.kinds import kinds
from tests.corpus.names import names
from tests.corpus.pages import pages
from tests.corpus.sizes import sizes
from tests.corpus.sound import KINDS, from_source, source_name
from tests.corpus.values import values

GROUPS: dict[str, Group] = {
    "cuts": cuts,
    "sizes": sizes,
    "fields": fields,
    "chunks": chunks,
    "values": values,
    "flac": flac_holes,
    "mp3": mp3_holes,
    "ogg": pages,
    "names": names,
    "kinds": kinds,
    **{f"flips-{kind}": flips_of(kind) for kind in KINDS},
}
NEIGHBOURS = tuple(source_name(kind, "short") for kind in KINDS)  # healthy files among the broken ones


def write_batch(folder: Path, cases: Iterable[Case]) -> None:
    """Write broken files, and healthy ones among them, into a new folder."""
    folder.mkdir(parents=True)
    for name in NEIGHBOURS:
        (folder / name).write_bytes(from_source(name))
    for case in cases:
        case.write(folder / case.name)


def write_sources(folder: Path, names: Iterable[str]) -> None:
    """Write undamaged recordings into a new folder."""
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(from_source(name))
