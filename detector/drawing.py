"""Pictures drawn with matplotlib, which the extra `plots` installs: check that one can be drawn, and save it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from detector.errors import ConfigurationError, OutputError, Parameter, ParameterError
from detector.outputs import new_paths

ENDINGS = (".png", ".svg", ".pdf")


def find_figure(parameter: str) -> Any:
    """Return matplotlib's class `Figure`.

    Parameters
    ----------
    parameter : str
        The parameter that asks for a picture, which errors name.

    Raises
    ------
    ConfigurationError
        Where matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigurationError(
            f'{Parameter(parameter)}: needs matplotlib; install it with: pip install "detector[plots]"'
        ) from error
    return Figure


def check_picture(path: Path, parameter: str) -> None:
    """Raise `ConfigurationError` where matplotlib is not installed, or cannot write a file with this ending."""
    find_figure(parameter)
    if path.suffix.lower() not in ENDINGS:
        raise ParameterError(parameter, path, "has the wrong ending", ", ".join(ENDINGS))


def score_axis(axis: Any, which: Literal["x", "y"] = "y") -> None:
    """Set the limits of an axis of scores or shares to 0 and 1, and show markers at its ends in full."""
    axis.set(**{f"{which}lim": (0, 1)})
    for line in axis.get_lines():
        line.set_clip_on(False)


def save_picture(figure: Any, path: Path) -> None:
    """Write a figure to a file; an existing one is replaced once the new one is complete.

    Raises
    ------
    OutputError
        Where the file cannot be written.
    """
    try:
        with new_paths([path], force=True) as (temporary,):
            figure.savefig(temporary, dpi=110, format=path.suffix.removeprefix(".").lower())
    except (OSError, ValueError) as error:  # ValueError: the picture is too large for matplotlib
        raise OutputError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from error
