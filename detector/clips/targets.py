"""The rule that decides whether a window holds a call."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def window_targets(
    starts: NDArray[np.float64], ends: NDArray[np.float64], window: tuple[float, float], share: float
) -> NDArray[np.int8]:
    """Decide for each call whether the window counts as that call: 1 yes, 0 no, -1 ambiguous.

    The window counts as the call if at least `share` of the call, or of the window, lies in the other. It does not
    count if they do not overlap. In between, it is ambiguous and left out of training.

    Parameters
    ----------
    starts, ends : ndarray
        Onsets and offsets of the calls, s.
    window : (float, float)
        Start and end of the window, s.
    share : float
        The recipe's `labels.overlap`, from 0 to 1.
    """
    overlap = np.minimum(ends, window[1]) - np.maximum(starts, window[0])
    needed = share * np.minimum(ends - starts, window[1] - window[0])
    return np.where(overlap >= needed - 1e-9, 1, np.where(overlap > 0, -1, 0)).astype(np.int8)
