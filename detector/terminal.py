"""Make text safe for a terminal: file names may contain line breaks and control codes."""

from __future__ import annotations

import re

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: line breaks, escapes
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that change the direction of writing
    "\u2028\u2029"  # separators of lines and paragraphs
    "\udc80-\udcff]"  # bytes that are not text, as Python stores them
)


def visible(text: str) -> str:
    r"""Replace invisible characters by escapes, for example ESC by ``\x1b``; the result is one line."""
    return UNSAFE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
