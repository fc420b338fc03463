"""The sections of a recipe, and the sizes that are computed from several of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

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
    or at least this share of the window lies in the call. `onsets` gives each label a second output, which is high
    where a call begins.
    """

    names: tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...] = Field((), max_length=100_000)
    background: bool = False
    overlap: float = Field(0.5, gt=0, le=1)
    onsets: bool = False

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the scores: the labels, then the onset of each label if it has an output, as in "owl (onset)"."""
        return (*self.names, *(f"{name} (onset)" for name in self.names if self.onsets))

    @model_serializer(mode="wrap")
    def _without_unused(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave `onsets` out where it is false, so that older recipes keep their text and their fingerprint."""
        content: dict[str, Any] = serialize(self)
        if not self.onsets:
            content.pop("onsets", None)
        return content


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
        """Outputs of the network: `labels.outputs`, and one for the background of a softmax that has it.

        There is at least one. A softmax has at least two, and so has a network with onsets.
        """
        softmax = self.network.dense.output == "softmax"
        extra = 1 if softmax and self.labels.background else 0
        return max(len(self.labels.outputs) + extra, 2 if softmax or self.labels.onsets else 1)
