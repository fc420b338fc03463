"""Write the golden tables again, after a format was changed on purpose: python -m tests.golden.make_tables."""

from __future__ import annotations

from pathlib import Path

from detector.events import Event
from detector.tables import FORMATS, Detection, WriteOptions, write_table
from detector.tables.origin import Origin

FOLDER = Path(__file__).parent / "tables"
ORIGIN = Origin(
    ("Clicks", "Moan", "never found"),
    {"Model": "my-owl", "Fingerprint": "0123456789ab", "Hop_s": "0.5"},
    (50.0, 12000.0),
)
NAME = "SITE1/2021-03-15T14-22-33_000.wav"
ROWS = (
    Detection(NAME, "1", Event(1.5, 2.25, "Clicks", 1200.0, 8500.5, 0.875), "2021-03-15T14:22:34.500+00:00"),
    Detection(NAME, "mix", Event(2.0, 4.125, "Moan", None, None, 0.5), "2021-03-16T00:22:35.000+10:00"),
    Detection(NAME, "0", Event(60.25, 61.0, 'a "b", <c> & dé', 100.0, 900.0, None), "2021-03-15T14:23:33.250+00:00"),
    Detection(NAME, "0", Event(70.0, 71.0, "180488 Clicks", None, 900.0, 1.0), "2021-03-15T14:23:43.000+00:00"),
)
WRITABLE = {name: known.writing for name, known in FORMATS.items() if known.writing}


def write(name: str, folder: Path) -> Path:
    """Write the rows in one format."""
    path = folder / f"{name}{WRITABLE[name].ending}"
    write_table(ROWS, path, name, WriteOptions(origin=ORIGIN))
    return path


if __name__ == "__main__":
    for name in WRITABLE:
        write(name, FOLDER)
