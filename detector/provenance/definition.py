"""What `provenance.toml` may hold: frozen, valid values, a section for each command that makes or changes a model."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from detector.operating.points import Evidence, Tuned
from detector.recipe import Frozen
from detector.recipe.values import Share


def _as_utf8(text: object) -> object:
    """Replace what UTF-8 cannot hold, as in names of folders that are no text."""
    return text.encode("utf-8", "replace").decode("utf-8") if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_as_utf8), Field(max_length=2**20)]
Number = Annotated[int, Field(ge=0, le=10**12, strict=True)]
Date = Annotated[datetime.date, Field(strict=True)]


def today() -> datetime.date:
    """Return the date, in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


class DataSource(Frozen):
    """Recordings that a model learned from: their name, who made them, their licence, and what they were used for.

    For example `name = "ESC-10"`, `by = "Karol J. Piczak"`, `licence = "CC BY 3.0"`, `used_for = "dogs as calls"`.
    """

    name: Text
    by: Text = ""
    licence: Text = ""
    used_for: Text = ""


class Origin(Frozen):
    """Another model that this one was made with, and what is known of its licence and data.

    Attributes
    ----------
    fingerprint : str
        Of its recipe and weights, 12 hexadecimal digits.
    frozen : int or "all"
        How many stages of its trunk were kept as they are.
    licence : str
        Of its weights; empty if nobody knows.
    recordings_from : tuple of str
        The folders of the recordings it was trained on.
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
    """How well a label is found in a split; F1 is at `threshold`."""

    name: Text
    average_precision: Share
    f1: Share
    threshold: Share


class SplitRecord(Frozen):
    """A split of the clips: its size, and the figures of the labels that were measured on it.

    `with_calls` counts clips with a call. `accuracy` exists where each clip has one label only.
    """

    name: Text
    recordings: Number
    groups: Number
    clips: Number
    with_calls: Number
    accuracy: Share | None = None
    label: tuple[LabelFigures, ...] = ()


class Versions(Frozen):
    """The programs that trained a model."""

    detector: Text
    torch: Text


class TrainingRecord(Frozen):
    """What `detector train` did.

    Attributes
    ----------
    recipe : str
        Fingerprint of the recipe, 12 hexadecimal digits.
    precision : {"float32", "bfloat16", "float16"}
        What the network computed in.
    split : tuple of SplitRecord
        Train, validation and test.
    origin : tuple of Origin
        The model whose weights training began from, then the one that that model began from, and so on.
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
        """Return whether there were figures of the split validation to choose thresholds by."""
        return any(split.label for split in self.split if split.name == "validation")


class Round(Frozen):
    """A round of mining: what was added to the clips, and the figures of the model trained on them.

    Attributes
    ----------
    added, recordings : int
        Clips, and the recordings that they come from; 0 for the model that mining began with.
    average_precision, f1 : float
        Means over labels, over all windows or columns of the validation recordings; F1 at the best threshold.
    """

    added: Number
    recordings: Number
    average_precision: Share
    f1: Share


class MiningRecord(Frozen):
    """What `detector mine` did.

    Attributes
    ----------
    origin : Origin
        The model of round 0.
    training_recordings, validation_recordings : int
        Fully annotated recordings that each round scanned, and those that it was judged on.
    kept : int
        Number of the round whose model was kept.
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
    """The threshold of a label, and what it rests on; no evidence: the label was not tuned."""

    name: Text
    threshold: Share
    evidence: Evidence | None = None


class TuningRecord(Frozen):
    """What `detector tune` chose; `chosen` says for which target and on what data."""

    date: Date
    chosen: Tuned
    label: tuple[TunedLabel, ...] = ()


class Provenance(Frozen):
    """Where a model comes from, how well it does, and what it may be used for.

    Attributes
    ----------
    name : str
        Of the model.
    about : str
        What it is for (Markdown).
    licence : str
        Of its weights.
    recordings_from : tuple of str
        The folders of the recordings it was trained on, for example `meadow/`.
    data : tuple of DataSource
        What these recordings are, with licences.
    training : TrainingRecord or None
        None for a model made before 0.2.0.
    mining : tuple of MiningRecord
        The earliest first.
    tuning : TuningRecord or None
        The last, whose thresholds `operating.toml` holds.
    earlier_card : str
        All that README.md said of a model made before 0.2.0, which had no provenance.toml. Nothing in it is changed:
        the new README.md quotes it below the new sections, so that what it says of data and licences stays.
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
        """List the other models that this one was made with, each once."""
        begun_from = () if self.training is None else self.training.origin
        mined_from = (mining.origin for mining in self.mining)
        return list({origin.fingerprint: origin for origin in (*mined_from, *begun_from)}.values())

    def origins(self, name: str, fingerprint: str, frozen: int | Literal["all"] = 0) -> tuple[Origin, ...]:
        """Return this model as the origin of another one, followed by the models that it began from itself.

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
