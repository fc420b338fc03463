"""The errors a user can mend: each says what, which file or key, which value, and what is allowed."""

from __future__ import annotations


class DetectorError(Exception):
    """The root of every error that is shown to the user as one line."""

    exit_code = 2


class ConfigurationError(DetectorError):
    """A recipe, an option or a combination of them is not allowed."""


class AnnotationError(DetectorError):
    """An annotation table cannot be read."""


class RecordingError(DetectorError):
    """A recording cannot be read at all; it costs only itself."""

    exit_code = 1


class ClipsError(DetectorError):
    """A folder of clips is not whole, or does not fit what it is used for."""


class ModelError(DetectorError):
    """A model folder is not whole, or does not fit the recipe it carries."""


class OutputError(DetectorError):
    """An output exists already, or cannot be written."""
