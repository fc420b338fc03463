"""What a recording may ask for at most, so that one with a damaged header takes neither all memory nor all time."""

from __future__ import annotations

from dataclasses import dataclass

from detector.errors import RecordingError


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one recording. A recording beyond one of them is refused, with the limit's name.

    Attributes
    ----------
    rate : int
        Highest sample rate in Hz; the lowest is `LOWEST_RATE`.
    data : int
        Most samples of all channels in a second.
    memory : int
        Most memory that one worker may need for the channels of a recording, in MB.
    patience : float
        Seconds without any progress after which a recording is given up.
    """

    rate: int = 4_000_000
    data: int = 64_000_000
    memory: int = 800
    patience: float = 300.0

    def check(self, where: str, sample_rate: int, n_channels: int) -> None:
        """Raise `RecordingError` where a header asks for more; `where` names the file."""
        if not LOWEST_RATE <= sample_rate <= self.rate:
            raise RecordingError(
                f"{where}: its header gives {sample_rate} Hz; "
                f"a sample rate must be from {LOWEST_RATE} to {self.rate} Hz (limit: rate)"
            )
        if sample_rate * n_channels > self.data:
            raise RecordingError(
                f"{where}: its header gives {n_channels} channels at {sample_rate} Hz, which is "
                f"{sample_rate * n_channels} samples a second; at most {self.data} are read (limit: data)"
            )


LOWEST_RATE = 10
"""In Hz. Seismometers under the sea record whales at 50 Hz."""

DEFAULT_LIMITS = Limits()
