"""A batch of clips: what is stored, how it shall be changed, and the network's input that comes of both."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from detector.frontend.scaling import Scale


@dataclass
class Batch:
    """Clips as they are stored, and how they shall be changed.

    Attributes
    ----------
    power : (clip, band, frame)
    state : (clip, band) or None
        The slow mean before each clip.
    sound : (clip, 2)
        First frame that is recording, and the one after the last.
    offset : (clip,)
        First frame of the window.
    targets : (clip, label) or (clip, column, label)
    masks : (clip, 4) or None
        Masked frames from, to; masked bands from, to.
    tempo : (clip,) or None
        Stored frames from one frame of the window to the next: above 1 the sound becomes faster.
    """

    power: Tensor
    state: Tensor | None
    sound: Tensor
    offset: Tensor
    targets: Tensor
    masks: Tensor | None = None
    tempo: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """Move it to a device."""
        parts = [getattr(self, field.name) for field in fields(self)]
        return Batch(*(None if part is None else part.to(device) for part in parts))  # type: ignore[arg-type]


def spectrograms(scale: Scale, batch: Batch, n_frames: int) -> Tensor:
    """Scale clips, take their windows of `n_frames`, and set what is masked or no recording to zero, the training mean.

    Returns
    -------
    Tensor
        (clip, band, frame)
    """
    scaled, _ = scale(batch.power, batch.state)
    places = torch.arange(n_frames, device=scaled.device)
    frames = batch.offset[:, None] + (places if batch.tempo is None else batch.tempo[:, None] * places)
    keep = (frames >= batch.sound[:, :1]) & (frames < batch.sound[:, 1:])  # (clip, frame)
    window = _along(scaled, frames)
    if batch.masks is None:
        return window * keep[:, None, :]
    keep = keep & ~((places >= batch.masks[:, 0:1]) & (places < batch.masks[:, 1:2]))
    bands = torch.arange(scaled.shape[1], device=scaled.device)
    heard = ~((bands >= batch.masks[:, 2:3]) & (bands < batch.masks[:, 3:4]))
    return window * keep[:, None, :] * heard[:, :, None]


def _along(scaled: Tensor, frames: Tensor) -> Tensor:
    """Take frames (clip, frame) of (clip, band, frame); between two of them, on the straight line."""
    last = scaled.shape[2] - 1
    index = frames.long().clamp(0, last)[:, None, :].expand(-1, scaled.shape[1], -1)
    window = scaled.gather(2, index)
    if not frames.is_floating_point():
        return window
    return window.lerp(scaled.gather(2, (index + 1).clamp(max=last)), (frames % 1)[:, None, :])
