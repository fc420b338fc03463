"""The content of `provenance.toml`: one section for each command that makes or changes a model."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from detector.operating.points import Evidence, Tuned
from detector.recipe import Frozen
from detector.recipe.values import Share


def _as_utf8(text: object) -> object:
    """Replace characters that UTF-8 cannot encode, for example in names of folders that are not text."""
    return text.encode("utf-8", "replace").decode("utf-8") if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_as_utf8), Field(max_length=2**20)]
Number = Annotated[int, Field(ge=0, le=10**12, strict=True)]
Date = Annotated[datetime.date, Field(strict=True)]


def today() -> datetime.date:
    """Return today's date in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


class DataSource(Frozen):
    """Recordings that a model was trained on: name, author, licence and use.

    For example `name = "ESC-10"`, `by = "Karol J. Piczak"`, `licence = "CC BY 3.0"`, `used_for = "dogs as calls"`.
    """

    name: Text
    by: Text = ""
    licence: Text = ""
    used_for: Text = ""


class Origin(Frozen):
    """Another model that this one was made from, with its licence and data.

    Attributes
    ----------
    fingerprint : str
        12 hexadecimal digits that stand for its recipe and weights.
    frozen : int or "all"
        How many stages of its trunk were not trained again.
    licence : str
        Licence of its weights; empty if unknown.
    recordings_from : tuple of str
        Folders of its training recordings.
    earlier_card : str
        As `Provenance.earlier_card`.
    """

    name: Text
    fingerprint: Text
    frozen: Literal["all"] | Annotated[int, Field(ge=0, le=2**12, strict=True)] = 0
    licence: Text = ""
    recordings_from: tuple[Text, ...] = ()
    data: tuple[DataSource, ...] = ()
    earlier_card: Text = ""


class LabelFigures(Frozen):
    """Figures of a label in a split; F1 is at `threshold`."""

    name: Text
    average_precision: Share
    f1: Share
    threshold: Share


class SplitRecord(Frozen):
    """A split of the clips: its size, and the figures of the labels on it.

    `with_calls` counts clips with a call. `accuracy` is set only if each clip has one label.
    """

    name: Text
    recordings: Number
    groups: Number
    clips: Number
    with_calls: Number
    accuracy: Share | None = None
    label: tuple[LabelFigures, ...] = ()


class Versions(Frozen):
    """Versions of the programs that trained a model."""

    detector: Text
    torch: Text


class TrainingRecord(Frozen):
    """Record of `detector train`.

    Attributes
    ----------
    recipe : str
        12 hexadecimal digits that stand for the recipe.
    precision : {"float32", "bfloat16", "float16"}
        The number format that the network computed in.
    split : tuple of SplitRecord
        Train, validation and test.
    origin : tuple of Origin
        The model whose weights training began from, then the model that this one began from, and so on.
    """

    date: Date
    recipe: Text
    seed: Number
    precision: Literal["float32", "bfloat16", "float16"]
    versions: Versions
    split: tuple[SplitRecord, ...] = ()
    origin: tuple[Origin, ...] = ()

    @property
    def chose_thresholds(self) -> bool:
        """Whether thresholds were chosen on the split validation."""
        return any(split.label for split in self.split if split.name == "validation")


class Round(Frozen):
    """A round of mining: the clips added, and the figures of the model trained on them.

    Attributes
    ----------
    added, recordings : int
        Number of added clips, and of their recordings; 0 for the model that mining began with.
    average_precision, f1 : float
        Means over labels, over all windows or columns of the validation recordings; F1 at the best threshold.
    """

    added: Number
    recordings: Number
    average_precision: Share
    f1: Share


class MiningRecord(Frozen):
    """Record of `detector mine`.

    Attributes
    ----------
    origin : Origin
        The model of round 0.
    training_recordings, validation_recordings : int
        Number of fully annotated recordings that each round scanned, and on which it was measured.
    kept : int
        Number of the best round, whose model was kept.
    """

    date: Date
    origin: Origin
    training_recordings: Number
    validation_recordings: Number
    kept: Number
    round: tuple[Round, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _kept_is_a_round(self) -> MiningRecord:
        if self.kept >= len(self.round):
            raise ValueError(f"mining.kept: {self.kept}: must be below {len(self.round)}, the number of rounds")
        return self


class TunedLabel(Frozen):
    """The threshold of a label and the evidence for it; None if the label was not tuned."""

    name: Text
    threshold: Share
    evidence: Evidence | None = None


class TuningRecord(Frozen):
    """Record of `detector tune`; `chosen` says for which target and on which data."""

    date: Date
    chosen: Tuned
    label: tuple[TunedLabel, ...] = ()


class Provenance(Frozen):
    """The origin of a model, its figures and its licence.

    Attributes
    ----------
    name : str
        Name of the model.
    about : str
        Purpose of the model (Markdown).
    licence : str
        Licence of its weights.
    recordings_from : tuple of str
        Folders of its training recordings, for example `meadow/`.
    data : tuple of DataSource
        Sources of these recordings, with licences.
    training : TrainingRecord or None
        None for a model made before 0.2.0.
    mining : tuple of MiningRecord
        One record for each run of `detector mine`, the earliest first.
    tuning : TuningRecord or None
        The last run of `detector tune`; its thresholds are in `operating.toml`.
    earlier_card : str
        The README.md of a model made before 0.2.0, which had no provenance.toml. The new README.md quotes all of it, so
        that its statements on data and licences are kept.
    """

    name: Text
    about: Text = ""
    licence: Text
    recordings_from: tuple[Text, ...] = ()
    data: tuple[DataSource, ...] = ()
    training: TrainingRecord | None = None
    mining: tuple[MiningRecord, ...] = ()
    tuning: TuningRecord | None = None
    earlier_card: Text = ""

    @property
    def others(self) -> list[Origin]:
        """List the other models that this one was made from, each once."""
        begun_from = () if self.training is None else self.training.origin
        mined_from = (mining.origin for mining in self.mining)
        return list({origin.fingerprint: origin for origin in (*mined_from, *begun_from)}.values())

    def origins(self, name: str, fingerprint: str, frozen: int | Literal["all"] = 0) -> tuple[Origin, ...]:
        """Return the origins of a model made from this one: this model, then the models that it began from.

        Parameters
        ----------
        name, fingerprint, frozen
            As `Origin` has them.
        """
        own = Origin(
            name=name,
            fingerprint=fingerprint,
            frozen=frozen,
            licence=self.licence,
            recordings_from=self.recordings_from,
            data=self.data,
            earlier_card=self.earlier_card,
        )
        return (own,) if self.training is None else (own, *self.training.origin)
