"""The types of values in recipes, with their allowed ranges."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
Hertz = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=2**20, strict=True)]
Bands = Annotated[int, Field(ge=1, le=2**13, strict=True)]
Cells = Annotated[int, Field(ge=1, le=2**12, strict=True)]
Pair = tuple[Count, Count]
CellPair = tuple[Cells, Cells]


class Frozen(BaseModel):
    """A value object that cannot change and refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
