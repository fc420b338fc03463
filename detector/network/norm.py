"""Batch norm in training on a CPU, and the max pooling after it, with fewer passes over memory than two layers."""

from __future__ import annotations

from typing import Any, TypeGuard

import torch
from torch import Tensor, nn


def can_fuse(norm: nn.Module, maps: Tensor, pool: nn.Module | None = None) -> TypeGuard[nn.BatchNorm2d]:
    """Return whether the fused batch norm and max pooling can be used for these maps and layers.

    It needs batch norm in training, max pooling or none, and float32 maps on a CPU with channels last.
    """
    return (
        isinstance(norm, nn.BatchNorm2d)
        and (pool is None or (isinstance(pool, nn.MaxPool2d) and not pool.ceil_mode))
        and norm.training
        and torch.is_grad_enabled()
        and maps.device.type == "cpu"
        and maps.dtype == torch.float32
        and maps.is_contiguous(memory_format=torch.channels_last)
    )


def normed(maps: Tensor, norm: nn.Module, pool: nn.Module | None = None) -> Tensor:
    """Apply `norm`, then `pool`, to maps (batch, channel, band, column), and update the running statistics.

    Batch norm is linear in each channel. Its largest output is therefore that of the largest input, or of the smallest
    one where the slope is negative. Where `can_fuse` allows it, the maxima are taken first, and only they are
    normalized. Mean and variance are those of the whole maps (Ioffe and Szegedy 2015).
    """
    if not can_fuse(norm, maps, pool):
        return pool(norm(maps)) if pool is not None else norm(maps)
    assert norm.num_batches_tracked is not None
    norm.num_batches_tracked.add_(1)
    return _Normed.apply(maps, norm.weight, norm.bias, norm, pool)  # type: ignore[no-untyped-call]


class _Normed(torch.autograd.Function):
    """y = weight * (x - mean) * inverse + bias, where x are the values that pooling keeps.

    Mean and inverse (one over the standard deviation) are those of all values. The gradient is that of Ioffe and
    Szegedy 2015, section 3.
    """

    @staticmethod
    def forward(
        ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor, norm: nn.BatchNorm2d, pool: nn.MaxPool2d | None
    ) -> Tensor:
        assert norm.momentum is not None
        mean, variance = torch.batch_norm_update_stats(maps, norm.running_mean, norm.running_var, norm.momentum)
        inverse = (variance + norm.eps).rsqrt()
        scale = weight * inverse
        kept: Tensor = maps
        places: Tensor | None = None
        if pool is not None:
            kept, places = _extremes(maps, scale, pool)
        ctx.save_for_backward(maps, kept, places, weight, mean, inverse)
        return torch.addcmul(_channels(bias - mean * scale), kept, _channels(scale))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        maps, kept, places, weight, mean, inverse = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        to_bias = _rows(gradient).sum(0)
        to_weight = _rows((kept - _channels(mean)).mul_(gradient)).sum(0) * inverse
        scale = weight * inverse
        count = maps.numel() // maps.shape[1]
        slope = -scale * inverse * to_weight / count
        to_maps = torch.addcmul(_channels(-scale * to_bias / count - slope * mean), maps, _channels(slope))
        if places is None:
            to_maps.addcmul_(gradient, _channels(scale))
        else:
            n, channels = maps.shape[:2]
            indices = places.permute(0, 2, 3, 1).mul(channels).add_(torch.arange(channels)).reshape(n, -1)
            added = (gradient * _channels(scale)).permute(0, 2, 3, 1).reshape(n, -1)
            to_maps.permute(0, 2, 3, 1).view(n, -1).scatter_add_(1, indices, added)
        return to_maps, to_weight, to_bias, None, None


def _extremes(maps: Tensor, scale: Tensor, pool: nn.MaxPool2d) -> tuple[Tensor, Tensor]:
    """Pool to the maximum of each channel whose scale is 0 or more and to the minimum of others; give the places, too.

    Parameters
    ----------
    maps : Tensor
        (batch, channel, band, column).
    scale : Tensor
        (channel,), the factor by which batch norm multiplies.
    pool : nn.MaxPool2d
        The pooling that follows.
    """
    falling = bool((scale < 0).any())
    sign = _channels(torch.where(scale < 0, -1.0, 1.0)) if falling else None
    kept, places = nn.functional.max_pool2d(
        maps if sign is None else maps * sign,
        pool.kernel_size,
        pool.stride,
        pool.padding,
        pool.dilation,
        return_indices=True,
    )
    return (kept if sign is None else kept * sign), places


def _channels(values: Tensor) -> Tensor:
    """Reshape values (channel,) so that they broadcast along the channels of maps."""
    return values[:, None, None]


def _rows(maps: Tensor) -> Tensor:
    """View channels-last maps as (place, channel)."""
    return maps.permute(0, 2, 3, 1).flatten(0, 2)
