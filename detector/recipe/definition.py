"""The recipe: sections that agree with one another."""

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
        """Hash audio, window and front end to 12 hexadecimal digits. Clips fit every recipe with the same digits."""
        return self.fingerprint("audio", "window", "frontend")

    def fingerprint(self, *sections: str) -> str:
        """Hash the recipe, or only these sections of it, to 12 hexadecimal digits."""
        content = json.dumps(self.model_dump(mode="json", include=set(sections) or None), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def with_labels(self, names: tuple[str, ...]) -> Recipe:
        """Copy the recipe with other labels; raise `ConfigurationError` where they do not fit the other sections."""
        try:
            return Recipe.model_validate(self.model_dump() | {"labels": self.labels.model_dump() | {"names": names}})
        except ValidationError as error:
            raise ConfigurationError("; ".join(fault_lines(error))) from error

    def to_toml(self) -> str:
        """Write the recipe as TOML; `parse_recipe` reads an equal recipe from it."""
        content = self.model_dump(mode="json", exclude_none=True)
        scaling = content["frontend"]["scaling"]
        if type(self.frontend.scaling)() == self.frontend.scaling:
            content["frontend"]["scaling"] = scaling["kind"]
        return tomli_w.dumps(content)
