"""Recordings of tones, a model that hears them, and runs over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from detector.model import save_model
from detector.runs.folder import Run
from detector.runs.journal import Extent
from detector.runs.scan import RunRequest, scan_run
from detector.runs.shard import Shard
from detector.scanning.results import Outputs
from detector.scanning.scan import scan
from detector.scanning.setting import Setting
from detector.scanning.summary import Summary
from detector.tables.destination import Destination
from tests.made import Heard
from tests.unit.scanning.conftest import noise, short_parts, tone_model, with_tones, written

TABLES = ("detections.csv", "effort.csv")


@dataclass
class Archive:
    """Recordings, and models that hear the tones in them: by windows, and by frames.

    Attributes
    ----------
    folder : Path
        Holds `recordings`, `window` and `frame`.
    lines : list of str
        What the last scan said.
    """

    folder: Path
    lines: list[str]

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    def run(
        self,
        name: str,
        model: str = "frame",
        *,
        shard: Shard | None = None,
        keep: str = "all",
        setting: Setting | None = None,
        paths: Sequence[Path] | None = None,
        **options: object,
    ) -> Summary:
        """Scan the recordings into the run called `name`, or go on with it."""
        self.lines.clear()
        request = RunRequest(self.folder / name, shard, keep)
        model_folder = str(self.folder / model)
        setting = setting or Setting(workers=2)
        return scan_run(
            request, paths or [self.recordings], model_folder, "cpu", setting, progress=Heard(self.lines), **options
        )

    def scan(
        self,
        name: str,
        model: str = "frame",
        setting: Setting | None = None,
        *,
        paths: Sequence[Path] | None = None,
        **options: object,
    ) -> dict[str, bytes]:
        """Scan the recordings without a run, into a new folder; return the tables."""
        setting = setting or Setting(workers=2)
        folder = self.folder / name
        folder.mkdir()
        outputs = Outputs(Destination(folder / TABLES[0]), folder / "scores.csv", folder / TABLES[1])
        with Path("/dev/null").open("w", encoding="utf-8") as stream:
            scan(paths or [self.recordings], str(self.folder / model), "cpu", setting, outputs, stream, **options)
        return self.tables(name)

    def tables(self, name: str) -> dict[str, bytes]:
        """Read the tables in a folder."""
        return {table: (self.folder / name / table).read_bytes() for table in TABLES}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Write seven recordings: long ones of several parts, short ones, a broken one and an empty one."""
    short_parts(monkeypatch)
    folder = tmp_path / "recordings"
    (folder / "b").mkdir(parents=True)
    written(folder / "a_20240511_053000Z.wav", with_tones(noise(9, 1), (2.0, 2.5), (6.0, 6.5)))
    written(folder / "b" / "1.wav", with_tones(noise(3, 2), (1.0, 1.6)))
    written(folder / "b" / "2.wav", with_tones(noise(13, 3), (0.0, 0.4), (5.0, 5.3), (12.5, 13.0)))
    written(folder / "c.wav", noise(0.3, 4))
    written(folder / "d.wav", noise(0))
    (folder / "e.wav").write_bytes(b"no recording")
    written(folder / "f.wav", with_tones(noise(2.5, 5), (1.0, 1.5)))
    for per in ("window", "frame"):
        (tmp_path / per).mkdir()
        save_model(tone_model(per, window_s=1.0), tmp_path / per)
    return Archive(tmp_path, [])


def damage(run: Path, recording: str, extent: int) -> None:
    """Flip a bit in the data of a recording: in its first scores (0) or in its detections (-1)."""
    with Run(run) as opened:
        record = next(record for record in opened.store.records if record.get("recording", "").endswith(recording))
    content = bytearray((run / "results.data").read_bytes())
    content[Extent(*record["data"][extent]).offset] ^= 1
    (run / "results.data").write_bytes(content)
