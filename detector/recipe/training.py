"""What training needs to know."""

from __future__ import annotations

from pydantic import Field

from detector.recipe.values import Count, Frozen, Share


class Training(Frozen):
    """What `train` needs. Shares are from 0 to 1; `jitter` in s; `gain` and `filter` in dB either way."""

    epochs: Count = 60
    batch_size: Count = 32
    learning_rate: float = Field(1e-3, gt=0, le=1)
    weight_decay: float = Field(1e-2, ge=0, le=1)
    warmup: Share = Field(0.05, description="share of all steps")
    patience: Count = Field(12, description="epochs without a higher average precision before training stops")
    jitter: float = Field(0.25, ge=0, le=600)
    mix: Share = Field(0.3, description="share of clips to which another clip's power is added")
    gain: float = Field(6.0, ge=0, le=60)
    filter: float = Field(0.0, ge=0, le=60, description="of a drawn curve over the bands")
    stretch: Share = Field(
        0.0,
        description="how much faster or slower a clip is played, at most; beyond the stored margin is the mean",
    )
    time_mask: Share = Field(0.1, description="longest masked share of the frames")
    frequency_mask: Share = Field(0.1, description="longest masked share of the bands")
    balance: bool = Field(True, description="weigh rare labels up in the loss")
