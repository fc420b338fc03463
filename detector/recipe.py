"""The recipe: all that defines a model, as frozen, valid values that read from and write to TOML; units are stated."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from detector.errors import ConfigurationError, fault_lines

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Hertz = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=2**20, strict=True)]
Pair = tuple[Count, Count]
Activation = Literal["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh"]


class Frozen(BaseModel):
    """A value that cannot change and knows no keys but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Audio(Frozen):
    """What a recording is brought to before anything else.

    `channel` is the mean of all channels ("mix"), each on its own ("each"), or one by number, from 0.
    """

    sample_rate: int = Field(24000, ge=100, le=2_000_000, strict=True, description="Hz")
    channel: Literal["mix", "each"] | Annotated[int, Field(ge=0, strict=True)] = "mix"


class Window(Frozen):
    """The stretch of sound, in seconds, that one pass of the network sees."""

    duration: Seconds = 3.0


class Decibel(Frozen):
    """10 log10 of band power, not below `floor` dB re full scale."""

    kind: Literal["db"] = "db"
    floor: float = Field(-100.0, ge=-300, le=0)


class Pcen(Frozen):
    """Per-channel energy normalization (Wang et al. 2017).

    `scale` multiplies band power first, as librosa's examples do.
    """

    kind: Literal["pcen"] = "pcen"
    gain: float = Field(0.98, ge=0, le=2)
    bias: float = Field(2.0, ge=0)
    power: float = Field(0.5, ge=0, le=2)
    time_constant: Seconds = 0.4
    eps: float = Field(1e-6, gt=0)
    scale: float = Field(float(2**31), gt=0)


class Unscaled(Frozen):
    """Band power (or the waveform) as it is."""

    kind: Literal["none"] = "none"


def _by_kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


Scaling = Annotated[Annotated[Decibel | Pcen | Unscaled, Field(discriminator="kind")], BeforeValidator(_by_kind)]


class _Spectral(Frozen):
    """What the front ends that measure band power share; `fmin` and `fmax` in Hz, `background` in s."""

    hop_length: Count = Field(480, description="samples between frames")
    fmin: Hertz = 50.0
    scaling: Scaling = Decibel()
    background: Seconds | None = Field(
        None, description="subtract the level that a slow mean of this time constant, s, shows"
    )


class Mel(_Spectral):
    """Power in triangular bands, evenly spaced on the mel scale (Slaney, as librosa)."""

    kind: Literal["mel"] = "mel"
    n_fft: int = Field(1024, ge=16, le=1 << 18)
    n_bands: Count = 128
    fmax: Hertz | None = None


class Linear(_Spectral):
    """Power of Fourier bins from `fmin` to `fmax`; with `n_bands`, summed in that many evenly spaced triangles."""

    kind: Literal["linear"] = "linear"
    n_fft: int = Field(1024, ge=16, le=1 << 18)
    n_bands: Count | None = None
    fmax: Hertz | None = None


class ConstantQ(_Spectral):
    """Power of constant-Q filters: `n_bands` from `fmin` upwards, `bins_per_octave` to the octave."""

    kind: Literal["cqt"] = "cqt"
    n_bands: int = Field(84, ge=2, strict=True)
    bins_per_octave: Count = 12


class Waveform(Frozen):
    """The samples themselves: one band, one frame a sample."""

    kind: Literal["waveform"] = "waveform"
    scaling: Annotated[Unscaled, BeforeValidator(_by_kind)] = Unscaled()


FrontEnd = Annotated[Mel | Linear | ConstantQ | Waveform, Field(discriminator="kind")]


class Pool(Frozen):
    """The maximum or mean under a mask of `size` (bands, frames), moved by `stride` (default: its size)."""

    kind: Literal["max", "mean"] = "max"
    size: Count | Pair = 2
    stride: Count | Pair | None = None


class Stage(Frozen):
    """One convolution and what follows it: norm, skip connection, activation, pooling, dropout, in this order."""

    kind: Literal["conv2d", "conv1d"] = "conv2d"
    filters: Count
    kernel: Count | Pair = 3
    stride: Count | Pair = 1
    activation: Activation = "relu"
    norm: Literal["none", "batch"] = "none"
    pool: Pool | None = None
    residual: bool = False
    dropout: float = Field(0.0, ge=0, lt=1)


class Recurrent(Frozen):
    """A recurrent network over the feature columns; `summary` says what a window keeps of its columns."""

    cell: Literal["gru", "lstm"] = "gru"
    units: Count = 64
    layers: Count = 1
    bidirectional: bool = False
    summary: Literal["mean", "last", "flatten"] = "mean"


class Grid(Frozen):
    """Adaptive pooling to `size` (bands, columns), so that many input sizes feed one dense layer."""

    size: Pair = (9, 9)
    kind: Literal["mean", "max"] = "mean"


class Dense(Frozen):
    """Dense layers of `units`, then one output a label: for each window, or for each frame column."""

    units: tuple[Count, ...] = (256,)
    activation: Activation = "relu"
    dropout: float = Field(0.0, ge=0, lt=1)
    output: Literal["sigmoid", "softmax"] = "sigmoid"
    per: Literal["window", "frame"] = "window"


class Network(Frozen):
    """Convolution stages, then the optional parts, then the dense head."""

    stage: tuple[Stage, ...]
    padding: Literal["valid", "same"] = "valid"
    position: bool = Field(False, description="add a channel that tells each band's place")
    recurrent: Recurrent | None = None
    grid: Grid | None = None
    dense: Dense = Dense()


class Labels(Frozen):
    """What the model tells apart.

    No names: those of the annotations, at `extract`. `background` gives a softmax one more output, for none of them.
    A window counts as a call when at least `overlap` of the call, or of the window, lies in the other.
    """

    names: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    background: bool = False
    overlap: float = Field(0.5, gt=0, le=1)


class Training(Frozen):
    """What `train` needs. Shares are from 0 to 1; `jitter` in s; `gain` in dB either way."""

    epochs: Count = 60
    batch_size: Count = 32
    learning_rate: float = Field(1e-3, gt=0, le=1)
    weight_decay: float = Field(1e-2, ge=0, le=1)
    warmup: Share = Field(0.05, description="share of all steps")
    patience: Count = Field(12, description="epochs without a better validation figure before training stops")
    jitter: float = Field(0.25, ge=0, le=600)
    mix: Share = Field(0.3, description="share of clips to which another clip's power is added")
    gain: float = Field(6.0, ge=0, le=60)
    time_mask: Share = Field(0.1, description="longest masked share of the frames")
    frequency_mask: Share = Field(0.1, description="longest masked share of the bands")
    balance: bool = Field(True, description="weigh rare labels up in the loss")


class Recipe(Frozen):
    """Everything that defines a model."""

    audio: Audio = Audio()
    window: Window = Window()
    frontend: FrontEnd = Mel()
    network: Network
    labels: Labels = Labels()
    training: Training = Training()

    @model_validator(mode="after")
    def _sections_agree(self) -> Recipe:
        faults = [*_frontend_faults(self), *_network_faults(self)]
        if len(set(self.labels.names)) < len(self.labels.names):
            faults.append(f"labels.names: {list(self.labels.names)} names a label twice")
        if faults:
            raise ValueError("\n".join(faults))
        return self

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
        """Rows of the spectrogram."""
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
        """Outputs of the network: one a label (at least one; two for a softmax), and one for a softmax's background."""
        softmax = self.network.dense.output == "softmax"
        extra = 1 if softmax and self.labels.background else 0
        return max(len(self.labels.names) + extra, 2 if softmax else 1)

    def input_fingerprint(self) -> str:
        """Name audio, window and front end in 12 hexadecimal digits: clips fit a recipe that has the same."""
        return self.fingerprint("audio", "window", "frontend")

    def fingerprint(self, *sections: str) -> str:
        """Name the recipe, or some sections of it, in 12 hexadecimal digits."""
        content = json.dumps(self.model_dump(mode="json", include=set(sections) or None), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def with_labels(self, names: tuple[str, ...]) -> Recipe:
        """Give the same recipe with other labels; raise `ConfigurationError` where they do not fit it."""
        try:
            return Recipe.model_validate(self.model_dump() | {"labels": self.labels.model_dump() | {"names": names}})
        except ValidationError as error:
            raise ConfigurationError("; ".join(fault_lines(error))) from error

    def to_toml(self) -> str:
        """Write the recipe as TOML that reads back equal."""
        content = self.model_dump(mode="json", exclude_none=True)
        scaling = content["frontend"]["scaling"]
        if type(self.frontend.scaling)() == self.frontend.scaling:
            content["frontend"]["scaling"] = scaling["kind"]
        return tomli_w.dumps(content)


def linear_bins(frontend: Linear, sample_rate: int) -> tuple[int, int]:
    """Find the first Fourier bin of a linear front end, and the one after its last."""
    width = sample_rate / frontend.n_fft
    fmax = sample_rate / 2 if frontend.fmax is None else frontend.fmax
    return math.ceil(frontend.fmin / width - 1e-9), min(frontend.n_fft // 2, math.floor(fmax / width + 1e-9)) + 1


def _frontend_faults(recipe: Recipe) -> list[str]:
    frontend, faults = recipe.frontend, []
    nyquist = recipe.audio.sample_rate / 2
    if isinstance(frontend, Waveform):
        return []
    if frontend.background is not None and not isinstance(frontend.scaling, Decibel):
        faults.append(
            f'frontend.background: {frontend.background} needs frontend.scaling = "db", not "{frontend.scaling.kind}"'
        )
    if isinstance(frontend, ConstantQ):
        top = frontend.fmin * 2 ** min(64, (frontend.n_bands - 1) / frontend.bins_per_octave)
        if frontend.fmin <= 0:
            faults.append(f"frontend.fmin: {frontend.fmin} must be above 0 for a constant-Q front end")
        elif top * 2 ** (1 / frontend.bins_per_octave) > nyquist:
            faults.append(
                f"frontend.n_bands: {frontend.n_bands} bands from {frontend.fmin:g} Hz reach {top:.0f} Hz, "
                f"too near half of audio.sample_rate ({nyquist:g} Hz)"
            )
        return faults
    fmax = nyquist if frontend.fmax is None else frontend.fmax
    if fmax > nyquist:
        faults.append(f"frontend.fmax: {fmax:g} must be at most {nyquist:g}, half of audio.sample_rate")
    if frontend.fmin >= fmax:
        faults.append(f"frontend.fmin: {frontend.fmin:g} must be below frontend.fmax ({fmax:g})")
    elif recipe.n_bands < 1:
        faults.append(f"frontend.fmax: {fmax:g} leaves no Fourier bin from {frontend.fmin:g} Hz; widen the band")
    if frontend.hop_length > frontend.n_fft:
        faults.append(f"frontend.hop_length: {frontend.hop_length} must be at most frontend.n_fft ({frontend.n_fft})")
    return faults


def _network_faults(recipe: Recipe) -> list[str]:
    network, faults = recipe.network, []
    kinds = [stage.kind for stage in network.stage]
    for n, stage in enumerate(network.stage):
        at = f"network.stage.{n}"
        if stage.kind == "conv2d" and "conv1d" in kinds[:n]:
            faults.append(f'{at}.kind: "conv2d" cannot follow "conv1d", which has no bands left')
        if stage.kind == "conv2d" and isinstance(recipe.frontend, Waveform):
            faults.append(f'{at}.kind: "conv2d" needs bands; a "waveform" front end takes "conv1d"')
        sizes = {"kernel": stage.kernel, "stride": stage.stride}
        if stage.pool is not None:
            sizes |= {"pool.size": stage.pool.size, "pool.stride": stage.pool.stride or 1}
        if stage.kind == "conv1d":
            pairs = {key: list(size) for key, size in sizes.items() if isinstance(size, tuple)}
            faults.extend(f"{at}.{key}: {size} must be one number for conv1d" for key, size in pairs.items())
    if not kinds:
        return ["network.stage: is empty; at least one stage is needed"]
    if network.position and kinds[0] == "conv1d":
        faults.append('network.position: true needs a first stage of kind "conv2d"')
    if network.dense.per == "frame" and network.grid is not None:
        faults.append('network.grid: a fixed grid keeps no frames; leave it out or set network.dense.per = "window"')
    if recipe.labels.background and network.dense.output == "sigmoid":
        faults.append(
            'labels.background: true needs network.dense.output = "softmax" (a sigmoid says none by low scores)'
        )
    if network.dense.output == "softmax" and len(recipe.labels.names) == 1 and not recipe.labels.background:
        faults.append("labels.names: a softmax over one name always says 1; name two, or set labels.background = true")
    return faults


def parse_recipe(text: str, source: str) -> Recipe:
    """Read a recipe from TOML.

    Raises
    ------
    ConfigurationError
        With every fault on a line of its own: `source`, the dotted path, the value and what is allowed.
    """
    try:
        content = tomllib.loads(text)
        return Recipe.model_validate(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{source}: not TOML: {error}") from error
    except ValidationError as error:
        lines = dict.fromkeys([*fault_lines(error), *_faults_between(content, error)])
        raise ConfigurationError("\n".join(f"{source}: {line}" for line in lines)) from error


def _faults_between(content: dict[str, Any], error: ValidationError) -> list[str]:
    """Find what the other sections ask of each other, where some are at fault by themselves."""
    faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    sound = {"network": {"stage": [{"filters": 1}]}} | {key: content[key] for key in content if key not in faulty}
    try:
        Recipe.model_validate(sound)
    except ValidationError as other:
        return [line for line in fault_lines(other) if not any(f"{name}." in line for name in faulty)]
    return []


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a TOML file; raise `ConfigurationError` where it cannot be read or is not valid."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    return parse_recipe(text, str(path))
