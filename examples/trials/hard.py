"""The figures of the hard soundscapes as Markdown, from the file that `hard_soundscapes.py` writes beside its curve."""

from __future__ import annotations

import json
from pathlib import Path

from detector.errors import ConfigurationError


def hard_table(path: Path) -> str:
    """Tabulate the signal-to-noise ratio at which half of the calls are found, with intervals."""
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        rows = [
            (name, of["false_alarms_per_hour"], of["snr_db_at_recall_one_half"]["all"]) for name, of in models.items()
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"--hard: {path}: must be the curve.json of hard_soundscapes.py: {error}") from error
    lines = [
        f"| {name} | {rate:.1f} | {half['value']:.1f} ({half['low']:.1f} to {half['high']:.1f}) |"
        for name, rate, half in rows
    ]
    head = "| model | false alarms per hour | SNR at recall one half, dB |\n| --- | --- | --- |\n"
    told = "\n\nMade by `python examples/hard_soundscapes.py run DATA WORK`.\n"
    return "### hard soundscapes (test soundscapes)\n\n" + head + "\n".join(lines) + told
