"""What a run was asked for. A run goes on only with the same model and options."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import tomli_w
from pydantic import ValidationError, field_validator

from detector.audio.limits import DEFAULT_LIMITS, Limits
from detector.errors import ConfigurationError, ModelError, Parameter, fault_lines, one_line
from detector.operating.points import OPERATING_FILE
from detector.operating.target import parse_target
from detector.outputs import own_file
from detector.presets import RECIPE_FILE, WEIGHTS_FILE
from detector.recipe import Frozen
from detector.runs.shard import Shard
from detector.scanning.setting import Setting
from detector.terminal import visible
from detector.texts import RECIPE_BYTES, parse_toml, read_text

SETTINGS_FILE = "run.toml"
MODEL_FILES = (RECIPE_FILE, OPERATING_FILE, WEIGHTS_FILE)
NO_RESULT_CHANGES = ("workers", "block_s")
"""The attributes of `Setting` that change no byte of the results, so that each resume may have others."""

OPTIONS = {
    "continuous": Parameter("continuous", "scan"),
    "device": Parameter("device", "scan"),
    "engine": Parameter("engine", "scan"),
    "hop_s": Parameter("hop_s", "scan"),
    "limits": Parameter("limits", "scan"),
    "precision": Parameter("precision", "scan"),
    "threshold": Parameter("threshold", "scan"),
    "time_pattern": Parameter("time_pattern", "scan"),
    "timezone": Parameter("timezone", "scan"),
}
"""The options that change results, by their names in `RunSettings.options`."""

CHANGEABLE = {"threshold", "timezone"}
"""The options that `detector detect` can change later."""

ENGINES = ("auto", "shared", "windows")

KeepScores = Literal["all", "none"]


class RunSettings(Frozen):
    """What a run was asked for.

    Attributes
    ----------
    version : str
        Of the program.
    model : str
        Folder or name of the model, as it was given.
    files : dict of str to str
        SHA-256 of each file of the model that results depend on.
    options : dict of str to str
        Each option that changes results, as text.
    keep_scores : {"all", "none"}
        Whether the scores are kept, or only the detections.
    shard : Shard or None
        The slice of the list of recordings that the run scans; None for all of it.
    scorer : str
        Fingerprint of model and options, from which scores follow; empty before the first scan.
    """

    version: str
    model: str
    files: dict[str, str]
    options: dict[str, str]
    keep_scores: KeepScores = "all"
    shard: Shard | None = None
    scorer: str = ""

    @field_validator("options")
    @classmethod
    def _options_are_valid(cls, options: dict[str, str]) -> dict[str, str]:
        """Check the options that stored scores are read by."""
        if options.get("engine", "auto") not in ENGINES:
            raise ValueError(f"options.engine: {options['engine']!r}: must be one of {', '.join(ENGINES)}")
        hop_s = _number(options.get("hop_s", "1"))
        if not 0 < hop_s < math.inf:
            raise ValueError(f"options.hop_s: {options['hop_s']!r}: must be a number above 0")
        threshold = options.get("threshold", "0")
        if not 0 <= _number(threshold) <= 1:
            try:
                parse_target(threshold)
            except ConfigurationError as error:
                raise ValueError(f"options.threshold: {error}, or a number from 0 to 1") from error
        return options

    def differences(self, other: RunSettings) -> Iterator[str]:
        """Describe what differs in another run, each as one text: what is here, and what is there."""
        if self.version != other.version:
            yield f"version {self.version} of the program, not {other.version}"
        for name in sorted(self.files.keys() | other.files.keys()):
            if self.files.get(name) != other.files.get(name):
                yield f"the model {self._named(name)}, not {other._named(name)}"
        for name in sorted(self.options.keys() | other.options.keys()):
            if self.options.get(name) != other.options.get(name):
                here = _shown(self.options.get(name))
                there = _shown(other.options.get(name))
                yield f"{OPTIONS.get(name, name)} {here}, not {there}"
        if self.keep_scores != other.keep_scores:
            yield f"{Parameter('keep_scores', 'scan')} {self.keep_scores}, not {other.keep_scores}"
        if self.shard != other.shard:
            yield f"{Parameter('shard', 'scan')} {self.shard or 'none'}, not {other.shard or 'none'}"
        if self.scorer and other.scorer and self.scorer != other.scorer:
            yield f"scores made as {self.scorer}, not {other.scorer}"

    def _named(self, file: str) -> str:
        """Return the model with the digest of one of its files."""
        return f"{self.model} ({file} {self.files.get(file, 'missing')[:12]})"

    def check_same(self, folder: Path, now: RunSettings) -> None:
        """Raise `ConfigurationError` if a run in `folder` with these settings cannot go on with other ones."""
        differences = list(self.differences(now))
        if not differences:
            return
        changed = {name for name in OPTIONS if self.options.get(name) != now.options.get(name)}
        hint = ""
        if changed and changed <= CHANGEABLE:
            hint = ". Detector detect changes that without a new scan"
        raise ConfigurationError(
            f"{folder}: was begun with {'; '.join(differences)}. Give the same command again, or another folder{hint}"
        )


def _shown(value: str | None) -> str:
    """Write the value of an option for a message; that of a flag is "given"."""
    return {None: "as by default", "True": "given"}.get(value, str(value))


def settings_of(
    model: str,
    folder: Path,
    setting: Setting,
    options: Mapping[str, object],
    *,
    keep_scores: KeepScores = "all",
    shard: Shard | None = None,
) -> RunSettings:
    """Return the settings of a run that begins now.

    Parameters
    ----------
    model : str
        Folder or name of the model, as it was given.
    folder : Path
        Folder of the model.
    setting : Setting
        How to scan.
    options : mapping of str to object
        Other options that change results. None and False stand for the default.
    keep_scores, shard
        As in `RunSettings`.

    Raises
    ------
    ModelError
        If a file of the model cannot be read.
    """
    given = {field.name: getattr(setting, field.name) for field in fields(setting)} | dict(options)
    limits = given.pop("limits")
    asked = {name: value for name, value in given.items() if value is not None and value is not False}
    texts = {name: str(value) for name, value in asked.items() if name not in NO_RESULT_CHANGES}
    return RunSettings(
        version=version("detector"),
        model=visible(model),
        files=model_files(folder),
        options=texts | _other_limits(limits),
        keep_scores=keep_scores,
        shard=shard,
    )


def model_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a model that results depend on; raise `ModelError` if one is missing."""
    for name in MODEL_FILES:
        if not (folder / name).exists():
            raise ModelError(f"{folder}: has no {name}, so it is not a trained model")
    return {name: _digest(folder / name) for name in MODEL_FILES}


def _other_limits(limits: Limits) -> dict[str, str]:
    """Return the limits that are not the default ones, as one option. Patience changes no result of a sound file."""
    changed = {name: value for name, value in asdict(limits).items() if value != getattr(DEFAULT_LIMITS, name)}
    text = ", ".join(f"{name}={value:g}" for name, value in sorted(changed.items()) if name != "patience")
    return {"limits": text} if text else {}


def _number(text: str) -> float:
    """Read a number; nan if the text is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error


def write_settings(settings: RunSettings, folder: Path) -> None:
    """Write the settings of a run into its folder; raise `OSError` if that fails."""
    content = settings.model_dump(mode="json", exclude_none=True)
    with own_file(folder / SETTINGS_FILE) as temporary:
        temporary.write_text(tomli_w.dumps(content), encoding="utf-8")


def read_settings(folder: Path) -> RunSettings:
    """Read the settings of a run.

    Raises
    ------
    ConfigurationError
        If the folder is not a run.
    """
    path = folder / SETTINGS_FILE
    if not path.exists():
        what = "no such folder" if not folder.exists() else f"is not the folder of a run: it has no {SETTINGS_FILE}"
        raise ConfigurationError(f"{folder}: {what}")
    try:
        return RunSettings.model_validate(parse_toml(read_text(path, RECIPE_BYTES)))
    except ValidationError as error:
        raise ConfigurationError(*(f"{path}: {line}" for line in fault_lines(error))) from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {one_line(error)}") from error
