"""Names of files with quotes, line ends and escapes, of sound recordings and of broken ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import inf

from tests.corpus.case import Case, Source, content
from tests.corpus.sound import from_source, source_name

NAMES = (
    "line\nfeed",
    "carriage\rreturn",
    "both\r\n",
    'double "quotes"',
    "single 'quotes'",
    "comma, semicolon; tab\t",
    "escape \x1b[2J\x1b[31m red",
    "bell \a and delete \x7f",
    "C1 \x9b31m",
    "=1+1",
    "-dash",
    "- ",
    " spaces ",
    "back\\slash",
    "%s %d {}",
    "\u202eright to left",
    "\u2028separator",
    "ü composed, u\u0308 not",
    "latin-1 " + os.fsdecode(b"\xe9\xff"),
    "x" * 245,
    "*?[glob]",
)


def names(quick: bool) -> Iterator[Case]:
    """Give a whole recording and a cut one of each name."""
    source = source_name("wav16", "short")
    data = from_source(source)
    for name in NAMES:
        yield Case(f"{name}.wav", content(data), (Source(source),), named="never")
        yield Case(f"{name}.cut.wav"[-250:], content(data[:60000]), (Source(source),), ((3.7, inf),))
        yield Case(f"{name}.text.wav"[-250:], content(b"no audio at all"), failed=True)
