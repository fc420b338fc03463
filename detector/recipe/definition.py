"""The recipe itself: sections that agree with one another."""

from __future__ import annotations

import hashlib
import json

import tomli_w
from pydantic import ValidationError, model_validator

from detector.errors import ConfigurationError, fault_lines
from detector.recipe.agreement import faults_between
from detector.recipe.sections import Sections


class Recipe(Sections):
    """Everything that defines a model."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Recipe:
        if faults := faults_between(self):
            raise ValueError("\n".join(faults))
        return self

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
