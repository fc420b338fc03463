"""What may become of a recording: the names that effort tables hold, and that whoever reads such tables knows."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal["ok", "silent", "empty", "truncated", "damaged", "short", "failed"]

STATUSES: tuple[Status, ...] = get_args(Status)
"""All of them."""
