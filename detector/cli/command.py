"""A command that accepts old names of its options, and `--json [FILE]` and `--csv [FILE]`, which Click cannot parse."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from detector.cli.json_option import ENDINGS, take_file
from detector.cli.messages import say


class Command(click.Command):
    """A command with `--json [FILE]`, `--csv [FILE]` and old names of options.

    In `evaluate --json DET ANN`, Click would take DET for FILE. Here FILE is the next word only if it ends in .json.

    Parameters
    ----------
    renamed : mapping of str to str, optional
        New names by old names, such as {"--curves": "--plot"}. Old names are not in --help.
    """

    def __init__(self, *arguments: Any, renamed: Mapping[str, str] | None = None, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self.renamed = dict(renamed or {})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite the words, then let Click parse them."""
        return super().parse_args(ctx, list(self._plain_words(args)))

    def _plain_words(self, given: Sequence[str]) -> Iterator[str]:
        """Replace old names, and write --json=FILE, or --json=- for standard output. Values stay as they are."""
        flags_with_value = self._flags_with_value()
        words = deque(given)
        while words:
            word = words.popleft()
            if word == "--":  # only arguments follow
                yield word
                yield from words
                return
            flag, equals, value = word.partition("=")
            if flag in self.renamed:
                flag = self._new_name(flag)
            has_next = flag in flags_with_value and not equals
            if has_next and flag in ENDINGS:
                yield f"{flag}={take_file(words, flag)}"
                continue
            yield flag + equals + value
            if has_next and words:
                yield words.popleft()

    def _flags_with_value(self) -> set[str]:
        """List the flags whose next word is always their value."""
        options = [option for option in self.params if isinstance(option, click.Option)]
        return {flag for option in options if not option.is_flag and not option.count for flag in option.opts}

    def _new_name(self, old: str) -> str:
        """Return the new name of an option, and tell the user."""
        new = self.renamed[old]
        say(f"{old} is now {new}; the old name works in this version only")
        return new
