"""The loss: unknown targets do not count, rare labels weigh more, a softmax may have a background."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from detector.recipe import Recipe
from detector.training.loss import HEAVIEST, Loss
from tests.made import recipe

SOFTMAX = {"units": [8], "output": "softmax"}


def made(*, softmax: bool = False, background: bool = False, balance: bool = True) -> Recipe:
    dense = {"dense": SOFTMAX} if softmax else {}
    labels = {"names": ["a", "b"], "background": background}
    return recipe(labels=labels, network=dense, training={"balance": balance})


def logits(n_outputs: int, n: int = 6) -> torch.Tensor:
    return torch.randn(n, n_outputs, generator=torch.Generator().manual_seed(0))


EVEN = torch.tensor([0.5, 0.5])


@pytest.mark.parametrize(("softmax", "background"), [(False, False), (True, False), (True, True)])
def test_unknown_targets_do_not_matter(softmax: bool, background: bool) -> None:
    loss = Loss(made(softmax=softmax, background=background), torch.tensor([0.1, 0.3]))
    known = logits(3 if background else 2)
    targets = torch.eye(2).repeat(3, 1)
    wild = torch.cat([known, 100 * logits(known.shape[1])])
    padded = torch.cat([targets, torch.full((6, 2), -1.0)])
    torch.testing.assert_close(loss(wild, padded), loss(known, targets))


def test_an_unknown_label_leaves_the_other_labels_of_its_row() -> None:
    loss = Loss(made(), EVEN)
    given = logits(2, 1)
    expected = binary_cross_entropy_with_logits(given[:, 1], torch.ones(1))
    torch.testing.assert_close(loss(given, torch.tensor([[-1.0, 1.0]])), expected)


def test_nothing_known_costs_nothing() -> None:
    for softmax in (False, True):
        assert float(Loss(made(softmax=softmax), EVEN)(logits(2), torch.full((6, 2), -1.0))) == 0


def test_even_labels_give_plain_cross_entropy() -> None:
    targets = torch.eye(2).repeat(3, 1)
    torch.testing.assert_close(
        Loss(made(), EVEN)(logits(2), targets), binary_cross_entropy_with_logits(logits(2), targets)
    )
    torch.testing.assert_close(
        Loss(made(softmax=True), EVEN)(logits(2), targets), cross_entropy(logits(2), targets.argmax(dim=1))
    )


def test_rare_labels_weigh_the_root_of_their_rarity_up_to_a_limit() -> None:
    assert Loss(made(), torch.tensor([0.1, 0.0001])).weight.tolist() == pytest.approx([3.0, HEAVIEST])
    assert Loss(made(), torch.tensor([0.9, 0.5])).weight.tolist() == [1.0, 1.0]
    softmax = Loss(made(softmax=True), torch.tensor([0.1, 0.4]))
    assert softmax.weight.tolist() == pytest.approx([(0.25 / 0.1) ** 0.5, (0.25 / 0.4) ** 0.5])
    assert Loss(made(balance=False), torch.tensor([0.1, 0.4])).weight.tolist() == [1.0, 1.0]


def test_a_missed_rare_call_costs_more_than_a_missed_common_one() -> None:
    loss = Loss(made(), torch.tensor([0.05, 0.5]))
    silent = torch.zeros(1, 2)
    rare, common = (loss(silent, torch.tensor([row])) for row in ([1.0, 0.0], [0.0, 1.0]))
    assert rare > 2 * common


def test_rows_without_a_label_belong_to_the_background_of_a_softmax() -> None:
    loss = Loss(made(softmax=True, background=True, balance=False), torch.tensor([0.2, 0.2]))
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    torch.testing.assert_close(loss(logits(3, 3), targets), cross_entropy(logits(3, 3), torch.tensor([0, 1, 2])))
    weighed = Loss(made(softmax=True, background=True), torch.tensor([0.2, 0.2])).weight
    assert weighed.tolist() == pytest.approx([(1 / 3 / share) ** 0.5 for share in (0.2, 0.2, 0.6)])


def test_without_a_background_rows_without_a_label_do_not_count() -> None:
    loss = Loss(made(softmax=True), EVEN)
    targets = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    torch.testing.assert_close(loss(logits(2, 2), targets), loss(logits(2, 2)[:1], targets[:1]))


def test_mixed_rows_share_a_softmax() -> None:
    loss = Loss(made(softmax=True), EVEN)
    given, shares = logits(2, 1), torch.tensor([[0.25, 0.75]])
    torch.testing.assert_close(loss(given, shares), cross_entropy(given, shares))
    with_background = Loss(made(softmax=True, background=True), EVEN)
    assert with_background.shares(torch.tensor([[0.25, 0.25]])).tolist() == [[0.25, 0.25, 0.5]]


def test_frames_count_as_rows() -> None:
    loss = Loss(made(), torch.tensor([0.1, 0.3]))
    given, targets = logits(2, 12), torch.randint(-1, 2, (12, 2), generator=torch.Generator().manual_seed(1)).float()
    torch.testing.assert_close(loss(given.reshape(3, 4, 2), targets.reshape(3, 4, 2)), loss(given, targets))
