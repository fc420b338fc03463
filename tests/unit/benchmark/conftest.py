"""One thread, and matrix products that are soon done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from detector.benchmark import products


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: networks this small only wait for the others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def small_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "SIZES", {"cpu": (64,)})
    monkeypatch.setattr(products, "LEAST_S", 0.0)
