from __future__ import annotations

from pathlib import Path

from detector.place import LocalPlace
from detector.scanning.effort import COLUMNS, Effort


def test_what_is_not_known_is_empty_rather_than_zero() -> None:
    row = dict(zip(COLUMNS, Effort(LocalPlace(Path("a/b.wav")), "", "failed", detail="broken").row()))
    assert row == {
        "recording": "a/b.wav",
        "channel": "",
        "status": "failed",
        "seconds": "",
        "scanned_s": "0.000",
        "start_time": "",
        "time_source": "",
        "detail": "broken",
    }
