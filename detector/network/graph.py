"""The trunk as an ONNX graph: the same weights for another runtime, with batch norm folded into the convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper
from torch import Tensor, nn

from detector.network.stages import BandsAsChannels, ConvolutionStage, MeanPool, Position, Skip, Trunk

OPSET = 20  # the first with Gelu
IR_VERSION = 10
INPUT, OUTPUT = "spectrogram", "columns"

Array = NDArray[Any]


def trunk_graph(trunk: Trunk, n_bands: int) -> ModelProto:
    """Write a trunk without padding as an ONNX model, for any number of windows and frames.

    It maps float32 `spectrogram` (batch, band, frame) to `columns` (batch, channel, band, column).
    """
    graph = _Graph()
    value = graph.add("Unsqueeze", INPUT, graph.constant(np.array([1])))
    if isinstance(trunk.position, Position):
        ramp = graph.add("Expand", graph.constant(_array(trunk.position.ramp)), graph.add("Shape", value))
        value = graph.add("Concat", value, ramp, axis=1)
    for stage in trunk.stages:
        if isinstance(stage, ConvolutionStage):
            value = _stage(graph, stage, value)
        else:
            assert isinstance(stage, BandsAsChannels)
            shape = np.array([0, _next_convolution(trunk, stage).in_channels, 1, -1])  # 0: as it is
            value = graph.add("Reshape", value, graph.constant(shape))
    graph.nodes.append(helper.make_node("Identity", [value], [OUTPUT]))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "trunk",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", n_bands, "frame"])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", None, None, "column"])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    checker.check_model(model)
    return model


class _Graph:
    """Nodes and constants, named by their number."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, array: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name


def _stage(graph: _Graph, stage: ConvolutionStage, value: str) -> str:
    """Add what `ConvolutionStage.forward` does outside of training."""
    convolution = stage.convolution
    weight, bias = folded(convolution, stage.norm)
    convolved = graph.add(
        "Conv",
        value,
        graph.constant(weight),
        graph.constant(bias),
        strides=list(convolution.stride),
        dilations=list(convolution.dilation),
    )
    if stage.skip is not None:
        convolved = graph.add("Add", convolved, _skip(graph, stage.skip, value))
    return _pool(graph, stage.pool, _activation(graph, stage.activation, convolved))


def folded(convolution: nn.Conv2d, norm: nn.Module) -> tuple[Array, Array]:
    """Fold batch norm into the convolution below it; give weight (filter, channel, band, frame) and bias (filter,)."""
    assert convolution.bias is not None
    weight, bias = _array(convolution.weight).astype(np.float64), _array(convolution.bias).astype(np.float64)
    if isinstance(norm, nn.BatchNorm2d):
        assert norm.running_var is not None
        assert norm.running_mean is not None
        factor = _array(norm.weight) / np.sqrt(_array(norm.running_var).astype(np.float64) + norm.eps)
        weight = weight * factor[:, None, None, None]
        bias = (bias - _array(norm.running_mean)) * factor + _array(norm.bias)
    return weight.astype(np.float32), bias.astype(np.float32)


def _skip(graph: _Graph, skip: Skip, value: str) -> str:
    """Cut as far from the end as the convolution's last kernel centre is."""
    starts = [skip.start(0, axis) for axis in (0, 1)]
    spans = [(kernel - 1) * apart for kernel, apart in zip(skip.kernel, skip.dilation)]
    ends = [start - span if span > start else np.iinfo(np.int64).max for start, span in zip(starts, spans)]
    bounds = [graph.constant(np.array(numbers)) for numbers in (starts, ends, [2, 3], list(skip.stride))]
    aligned = graph.add("Slice", value, *bounds)
    if isinstance(skip.project, nn.Conv2d):
        aligned = graph.add("Conv", aligned, graph.constant(_array(skip.project.weight)))
    return aligned


def _activation(graph: _Graph, activation: nn.Module, value: str) -> str:
    match activation:
        case nn.Identity():
            return value
        case nn.LeakyReLU():
            return graph.add("LeakyRelu", value, alpha=activation.negative_slope)
        case nn.SiLU():
            return graph.add("Mul", value, graph.add("Sigmoid", value))
        case _:
            name = {nn.ReLU: "Relu", nn.ELU: "Elu", nn.GELU: "Gelu", nn.Sigmoid: "Sigmoid", nn.Tanh: "Tanh"}
            return graph.add(name[type(activation)], value)


def _pool(graph: _Graph, pool: nn.Module, value: str) -> str:
    if not isinstance(pool, nn.MaxPool2d | MeanPool):
        return value
    kind = "MaxPool" if isinstance(pool, nn.MaxPool2d) else "AveragePool"
    size, stride, dilation = (list(numbers) for numbers in (pool.kernel_size, pool.stride, pool.dilation))  # type: ignore[arg-type]
    return graph.add(kind, value, kernel_shape=size, strides=stride, dilations=dilation)


def _next_convolution(trunk: Trunk, stage: nn.Module) -> nn.Conv2d:
    stages = list(trunk.stages)
    following = stages[stages.index(stage) + 1]
    assert isinstance(following, ConvolutionStage)
    return following.convolution


def _array(tensor: Tensor) -> Array:
    return tensor.detach().cpu().numpy()
