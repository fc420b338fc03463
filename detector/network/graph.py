"""Write the trunk as an ONNX graph for other runtimes, with batch norm folded into the convolutions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper
from torch import Tensor, nn

from detector.network.stages import ConvolutionStage, MeanPool, Skip
from detector.network.trunk import BandsAsChannels, Position, Trunk

OPSET = 20  # the first with Gelu
IR_VERSION = 10
INPUT = "spectrogram"
OUTPUT = "columns"

Array = NDArray[Any]


def trunk_graph(trunk: Trunk, n_bands: int) -> ModelProto:
    """Convert a trunk without padding to an ONNX model for any number of windows and frames.

    The model maps float32 `spectrogram` (batch, band, frame) to `columns` (batch, channel, band, column).
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
            shape = np.array([0, _next_convolution(trunk, stage).in_channels, 1, -1])  # 0 keeps the batch's size
            value = graph.add("Reshape", value, graph.constant(shape))
    graph.nodes.append(helper.make_node("Identity", [value], [OUTPUT]))
    return graph.model(n_bands)


class _Graph:
    """Nodes and constants of a graph; each is named by its number."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, array: Array) -> str:
        """Add a constant; return its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with these inputs; return the name of its output."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def model(self, n_bands: int) -> ModelProto:
        """Make a model of the graph, with its inputs and outputs, and check it."""
        graph = helper.make_graph(
            self.nodes,
            "trunk",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", n_bands, "frame"])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", None, None, "column"])],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        checker.check_model(model)
        return model


def _stage(graph: _Graph, stage: ConvolutionStage, value: str) -> str:
    """Add the nodes that compute what `ConvolutionStage.forward` computes outside of training."""
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
    """Fold batch norm into the convolution below it, so that one convolution gives the output of both.

    Returns
    -------
    tuple of array
        Weight (filter, channel, band, frame) and bias (filter,), float32.
    """
    assert convolution.bias is not None
    weight = _array(convolution.weight).astype(np.float64)
    bias = _array(convolution.bias).astype(np.float64)
    if isinstance(norm, nn.BatchNorm2d):
        assert norm.running_var is not None
        assert norm.running_mean is not None
        factor = _array(norm.weight) / np.sqrt(_array(norm.running_var).astype(np.float64) + norm.eps)
        weight = weight * factor[:, None, None, None]
        bias = (bias - _array(norm.running_mean)) * factor + _array(norm.bias)
    return weight.astype(np.float32), bias.astype(np.float32)


def _skip(graph: _Graph, skip: Skip, value: str) -> str:
    """Add the nodes of a skip connection: crop the input to the centres of the first and the last kernel."""
    starts = [skip.start(0, axis) for axis in (0, 1)]
    spans = [(kernel - 1) * dilation for kernel, dilation in zip(skip.kernel, skip.dilation)]
    to_the_end = np.iinfo(np.int64).max
    ends = [start - span if span > start else to_the_end for start, span in zip(starts, spans)]  # from the end
    axes = [2, 3]
    bounds = [graph.constant(np.array(numbers)) for numbers in (starts, ends, axes, list(skip.stride))]
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
    size, stride, dilation = (list(numbers) for numbers in (pool.kernel_size, pool.stride, pool.dilation))  # type: ignore[arg-type]  # pairs here
    return graph.add(kind, value, kernel_shape=size, strides=stride, dilations=dilation)


def _next_convolution(trunk: Trunk, stage: nn.Module) -> nn.Conv2d:
    stages = list(trunk.stages)
    following = stages[stages.index(stage) + 1]
    assert isinstance(following, ConvolutionStage)
    return following.convolution


def _array(tensor: Tensor) -> Array:
    return tensor.detach().cpu().numpy()
