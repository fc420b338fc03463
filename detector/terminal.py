"""Text for a terminal: names of files may hold line breaks and commands to the terminal, and are shown without them."""

from __future__ import annotations

import re

COMMANDS = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: line breaks, escapes
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of writing
    "\u2028\u2029"  # separators of lines and paragraphs
    "\udc80-\udcff]"  # bytes that are no text, as Python holds them
)


def visible(text: str) -> str:
    r"""Write what is no visible character as an escape, for example ESC as ``\x1b``, so that the text is one line."""
    return COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
