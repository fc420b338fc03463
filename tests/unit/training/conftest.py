"""What the tests of training share."""

from __future__ import annotations

from tests.processes import fresh_process

__all__ = ["fresh_process"]
