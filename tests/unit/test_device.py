from __future__ import annotations

import pytest
import torch

from detector.device import choose_device
from detector.errors import ParameterError


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch):
    def pretend(*, cuda: bool, mps: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


def test_the_fastest_device_there_is_is_chosen(there) -> None:
    there(cuda=True, mps=True)
    assert choose_device("auto").type == "cuda"
    there(cuda=False, mps=True)
    assert choose_device("auto").type == "mps"
    there(cuda=False, mps=False)
    assert choose_device("auto").type == "cpu"


def test_a_device_that_is_not_there_is_refused(there) -> None:
    there(cuda=False, mps=False)
    with pytest.raises(ParameterError) as caught:
        choose_device("cuda")
    assert (caught.value.parameter, caught.value.value, caught.value.allowed) == ("device", "cuda", "auto, cpu")
