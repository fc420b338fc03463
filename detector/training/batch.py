"""A batch of clips: the stored power, the augmentation, and the input of the network made from both."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from detector.frontend.scaling import Scale


@dataclass
class Batch:
    """Stored clips, and the augmentation to apply to them.

    Attributes
    ----------
    power : (clip, band, frame)
    state : (clip, band) or None
        The slow mean before each clip.
    sound : (clip, 2)
        First frame that lies within the recording, and the one after the last.
    offset : (clip,)
        First frame of the window.
    targets : (clip, label) or (clip, column, label)
    masks : (clip, 4) or None
        First masked frame and the one after the last; the same for bands.
    tempo : (clip,) or None
        Stored frames for each frame of the window; above 1 the sound is faster.
    """

    power: Tensor
    state: Tensor | None
    sound: Tensor
    offset: Tensor
    targets: Tensor
    masks: Tensor | None = None
    tempo: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """Copy the batch to a device."""
        tensors = [getattr(self, field.name) for field in fields(self)]
        return Batch(*(None if tensor is None else tensor.to(device) for tensor in tensors))  # type: ignore[arg-type]


def spectrograms(scale: Scale, batch: Batch, n_frames: int) -> Tensor:
    """Scale clips and cut their windows of `n_frames` frames.

    Masked parts, and frames outside of the recording, become zero, which is the mean of the training data.

    Returns
    -------
    Tensor
        (clip, band, frame)
    """
    scaled, _ = scale(batch.power, batch.state)
    places = torch.arange(n_frames, device=scaled.device)
    frames = batch.offset[:, None] + (places if batch.tempo is None else batch.tempo[:, None] * places)
    keep = (frames >= batch.sound[:, :1]) & (frames < batch.sound[:, 1:])  # (clip, frame)
    window = _interpolate(scaled, frames)
    if batch.masks is None:
        return window * keep[:, None, :]
    keep = keep & ~((places >= batch.masks[:, 0:1]) & (places < batch.masks[:, 1:2]))
    bands = torch.arange(scaled.shape[1], device=scaled.device)
    keep_bands = ~((bands >= batch.masks[:, 2:3]) & (bands < batch.masks[:, 3:4]))
    return window * keep[:, None, :] * keep_bands[:, :, None]


def _interpolate(scaled: Tensor, frames: Tensor) -> Tensor:
    """Pick frames (clip, frame) out of (clip, band, frame); fractional frames are interpolated linearly."""
    last = scaled.shape[2] - 1
    index = frames.long().clamp(0, last)[:, None, :].expand(-1, scaled.shape[1], -1)
    window = scaled.gather(2, index)
    if not frames.is_floating_point():
        return window
    return window.lerp(scaled.gather(2, (index + 1).clamp(max=last)), (frames % 1)[:, None, :])
