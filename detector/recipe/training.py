"""The section [training] of a recipe: optimizer and augmentation."""

from __future__ import annotations

from pydantic import Field

from detector.recipe.values import Count, Frozen, Share


class Training(Frozen):
    """Settings of `train`. Shares are from 0 to 1; `jitter` is in s; `gain` and `filter` are plus or minus dB."""

    epochs: Count = 60
    batch_size: Count = 32
    learning_rate: float = Field(1e-3, gt=0, le=1)
    weight_decay: float = Field(1e-2, ge=0, le=1)
    warmup: Share = Field(0.05, description="share of all steps")
    patience: Count = Field(12, description="training stops after so many epochs without a higher average precision")
    jitter: float = Field(0.25, ge=0, le=600)
    mix: Share = Field(0.3, description="share of clips to which another clip's power is added")
    gain: float = Field(6.0, ge=0, le=60)
    filter: float = Field(0.0, ge=0, le=60, description="range of a random curve over the bands, added to a clip")
    stretch: Share = Field(
        0.0,
        description="largest change of speed of a clip, for example 0.1; frames beyond the stored margin are its mean",
    )
    time_mask: Share = Field(0.1, description="longest masked share of the frames")
    frequency_mask: Share = Field(0.1, description="longest masked share of the bands")
    balance: bool = Field(True, description="give rare labels more weight in the loss")
