"""The figures of the hard soundscapes as Markdown, from the file that `hard_soundscapes.py` writes beside its curve."""

from __future__ import annotations

import json
from pathlib import Path

from hard.figures import Estimate
from hard.picture import shown_db

from detector.errors import ConfigurationError


def hard_table(path: Path) -> str:
    """Tabulate the signal-to-noise ratio at which half of the calls are found, with intervals."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        models = content["models"]
        command = content["command"]
        rows = [
            (name, of["false_alarms_per_hour"], of["recall"], of["snr_db_at_recall_one_half"]["all"])
            for name, of in models.items()
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"--hard: {path}: must be the curve.json of hard_soundscapes.py: {error}") from error
    lines = [
        f"| {name} | {rate:.1f} | {recall:.3f} | {shown_db(Estimate(**half))} |" for name, rate, recall, half in rows
    ]
    head = "| model | false alarms per hour | recall | SNR at recall one half, dB |\n| --- | --- | --- | --- |\n"
    told = f"\n\nMade by `{command}`.\n"
    return "### hard soundscapes (test soundscapes)\n\n" + head + "\n".join(lines) + told
