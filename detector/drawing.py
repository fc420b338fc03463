"""Check that a picture can be drawn, and save it. Matplotlib, from the extra `plots`, draws it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detector.errors import ConfigurationError, OutputError, Parameter, ParameterError
from detector.outputs import new_paths

ENDINGS = (".png", ".svg", ".pdf")


def find_figure(parameter: str) -> Any:
    """Return matplotlib's class of figures.

    Raises
    ------
    ConfigurationError
        If matplotlib is not installed; the message names the parameter.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigurationError(
            f'{Parameter(parameter)}: needs matplotlib; install it with: pip install "detector[plots]"'
        ) from error
    return Figure


def check_picture(path: Path, parameter: str) -> None:
    """Raise `ConfigurationError` if matplotlib is not installed, or the ending of the file is not one of `ENDINGS`."""
    find_figure(parameter)
    if path.suffix.lower() not in ENDINGS:
        raise ParameterError(parameter, path, "has the wrong ending", ", ".join(ENDINGS))


def score_axis(axis: Any) -> None:
    """Make the vertical axis run from 0 to 1, whatever is drawn, and show whole markers at its ends."""
    axis.set(ylim=(0, 1))
    for line in axis.get_lines():
        line.set_clip_on(False)


def save_picture(figure: Any, path: Path) -> None:
    """Write a figure into a file, which replaces an earlier one only when it is complete.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        with new_paths([path], force=True) as (temporary,):
            figure.savefig(temporary, dpi=110, format=path.suffix.removeprefix(".").lower())
    except (OSError, ValueError) as error:  # ValueError: a picture too large to be drawn
        raise OutputError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from error
