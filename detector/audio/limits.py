"""Limits for one recording, so that a damaged header cannot take all memory or all time."""

from __future__ import annotations

from dataclasses import dataclass

from detector.errors import ContentError


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest values that a recording may have. A recording beyond one of them is refused, and the limit is named.

    Attributes
    ----------
    rate : int
        Highest sample rate, Hz. The lowest one is `LOWEST_RATE`.
    data : int
        Largest number of samples a second, all channels together.
    memory : int
        Most memory that one worker may need for the channels of a recording, MB.
    patience : float
        Seconds without progress after which the program gives up a recording.
    """

    rate: int = 4_000_000
    data: int = 64_000_000
    memory: int = 800
    patience: float = 300.0

    def check(self, where: str, sample_rate: int, n_channels: int) -> None:
        """Check the sample rate in Hz and the number of channels that a header gives.

        Raises
        ------
        RecordingError
            If one of them is beyond its limit. The message begins with `where`, the name of the file.
        """
        if not LOWEST_RATE <= sample_rate <= self.rate:
            raise ContentError(
                f"{where}: its header gives {sample_rate} Hz; "
                f"a sample rate must be from {LOWEST_RATE} to {self.rate} Hz (limit: rate)"
            )
        if sample_rate * n_channels > self.data:
            raise ContentError(
                f"{where}: its header gives {n_channels} channels at {sample_rate} Hz, which is "
                f"{sample_rate * n_channels} samples a second; at most {self.data} are read (limit: data)"
            )


LOWEST_RATE = 10
"""Lowest sample rate, Hz. Seismometers under the sea record whales at 50 Hz."""

DEFAULT_LIMITS = Limits()
