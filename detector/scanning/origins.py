"""What a table says about the scan that made it."""

from __future__ import annotations

from pathlib import Path

from detector.operating.target import Target
from detector.recipe import Recipe, heard_hz
from detector.tables.origin import Origin


def origin_of(recipe: Recipe, model: str, fingerprint: str, hop_s: float, threshold: float | Target | None) -> Origin:
    """Return what a table says about a scan.

    Parameters
    ----------
    recipe : Recipe
        Of the model, with its labels.
    model : str
        Name of the model, or its folder.
    fingerprint : str
        Of the model.
    hop_s : float
        Time from one window to the next, s.
    threshold : float, Target or None
        The threshold that the user gave.
    """
    parameters = {"Model": Path(model).name, "Fingerprint": fingerprint, "Hop_s": f"{hop_s:g}"}
    if threshold is not None:
        parameters["Threshold"] = str(threshold)
    band_hz = heard_hz(recipe.frontend, recipe.audio.sample_rate)
    return Origin(recipe.labels.names, parameters, band_hz, recipe.labels.outputs)
