"""The sections of a recipe, and the sizes that are computed from several of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from detector.recipe.frontends import FrontEnd, Linear, Mel, Waveform, linear_bins
from detector.recipe.networks import Network
from detector.recipe.training import Training
from detector.recipe.values import Frozen, Seconds


class Audio(Frozen):
    """The sample rate, in Hz, and the channel to which every recording is converted.

    `channel` is "mix" (the mean of all channels), "each" (every channel on its own) or a channel's number, from 0.
    """

    sample_rate: int = Field(24000, ge=100, le=2_000_000, strict=True, description="Hz")
    channel: Literal["mix", "each"] | Annotated[int, Field(ge=0, lt=2**16, strict=True)] = "mix"


class Window(Frozen):
    """The stretch of sound that one score describes, in s."""

    duration: Seconds = 3.0


class Labels(Frozen):
    """The labels that the model distinguishes.

    Without `names`, `extract` takes those of the annotations. `background` gives a softmax one more output, which means
    that no label is there. A window counts as a call when at least the share `overlap` of the call lies in the window,
    or at least this share of the window lies in the call.
    """

    names: tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...] = Field((), max_length=100_000)
    background: bool = False
    overlap: float = Field(0.5, gt=0, le=1)


class Sections(Frozen):
    """The sections of a recipe, each valid by itself."""

    audio: Audio = Audio()
    window: Window = Window()
    frontend: FrontEnd = Mel()
    network: Network
    labels: Labels = Labels()
    training: Training = Training()

    @property
    def hop_length(self) -> int:
        """Samples from one frame to the next (1 for the waveform)."""
        return 1 if isinstance(self.frontend, Waveform) else self.frontend.hop_length

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.audio.sample_rate / self.hop_length

    @property
    def window_frames(self) -> int:
        """Frames in a window."""
        return max(1, round(self.window.duration * self.frame_rate))

    @property
    def n_bands(self) -> int:
        """Number of bands: rows of the spectrogram."""
        match self.frontend:
            case Waveform():
                return 1
            case Linear(n_bands=None):
                first, last = linear_bins(self.frontend, self.audio.sample_rate)
                return last - first
            case _:
                return int(self.frontend.n_bands or 0)

    @property
    def n_outputs(self) -> int:
        """Outputs of the network: one for each label, and one for the background of a softmax that has it.

        There is at least one, and a softmax has at least two.
        """
        softmax = self.network.dense.output == "softmax"
        extra = 1 if softmax and self.labels.background else 0
        return max(len(self.labels.names) + extra, 2 if softmax else 1)
