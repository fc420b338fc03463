"""One slice of the sorted list of recordings, for one of several jobs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from pydantic import Field, model_validator

from detector.errors import ConfigurationError
from detector.recipe import Frozen

Item = TypeVar("Item")

MOST = 100_000
ALLOWED = f"I/N, for example 1/4, with I from 1 to N and N up to {MOST}"


class Shard(Frozen):
    """Every `count`-th item of a list, beginning with the item of `number`, counted from 1.

    Neighbours in a list are often of one instrument and equally long, so that such slices take about the same time.
    """

    number: int = Field(ge=1, le=MOST)
    count: int = Field(ge=1, le=MOST)

    @model_validator(mode="after")
    def _inside(self) -> Shard:
        if self.number > self.count:
            raise ValueError(f"shard.number: {self.number}: must be at most shard.count, {self.count}")
        return self

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def slice(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the items of the slice."""
        return items[self.number - 1 :: self.count]


def parse_shard(text: str) -> Shard:
    """Read a shard such as `1/4`; raise `ConfigurationError` if it is none."""
    form = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    if form is None or not 1 <= int(form[1]) <= int(form[2]) <= MOST:
        raise ConfigurationError(f"{text!r}: must be {ALLOWED}")
    return Shard(number=int(form[1]), count=int(form[2]))
