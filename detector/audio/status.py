"""The states of a recording after it was read, by the names that effort tables give them."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal["ok", "silent", "empty", "truncated", "damaged", "short", "failed"]

STATUSES: tuple[Status, ...] = get_args(Status)
"""All states, in the order of `Status`."""
