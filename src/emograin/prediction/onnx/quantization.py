"""A float32 graph with int8 weights: matrix products in 8-bit integers, embeddings one byte a value.

Inputs of the products are quantised with scales that are measured once, on texts, so that a text's scores do not depend
on the texts beside it, as they do where scales are measured on each batch. A channel that is far wider than others
would take the resolution of all; as in SmoothQuant (Xiao et al. 2023, arXiv:2211.10438, eq. 4) a part of its width is
moved into the weights, for each product the part with which it is most exact, where that is worth its time.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...common.optional import import_optional

CONTRIB = "com.microsoft"  # onnxruntime's own operators
# Weights in 7 bits: without VNNI instructions, sums of two products of 8-bit numbers overflow 16 bits.
LARGEST = 63
PARTS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
WORTH = 3.0  # times that the squared error of a product must fall for moved widths, which cost time
ROWS = 32  # of each feed that parts are compared on


def quantise(model: Any, feeds: Iterable[Mapping[str, np.ndarray]]) -> None:
    """Rewrite a model, in place.

    Args:
        model: An onnx.ModelProto in float32.
        feeds: Inputs of the model that are like those it will meet, without padding.
    """
    onnx = import_optional("onnx", "export")
    graph = model.graph
    weights = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    products: dict[str, list[Any]] = defaultdict(list)  # by their common input
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights and weights[node.input[1]].ndim == 2:
            products[node.input[0]].append(node)
    for name, seen in _seen(model, list(products), feeds).items():
        together = np.concatenate([weights[node.input[1]] for node in products[name]], axis=1)
        _quantise_products(graph, name, products[name], weights, _chosen(seen, together))
    for node in [node for node in graph.node if node.op_type == "Gather" and node.input[0] in weights]:
        if weights[node.input[0]].ndim == 2 and weights[node.input[0]].dtype == np.float32:
            _quantise_embeddings(graph, node, weights[node.input[0]])
    model.opset_import.append(onnx.helper.make_opsetid(CONTRIB, 1))
    read = {name for node in graph.node for name in node.input}
    kept = [each for each in graph.initializer if each.name in read]
    del graph.initializer[:]
    graph.initializer.extend(kept)


class Seen(NamedTuple):
    """What was measured of a value (tokens, channels)."""

    low: np.ndarray  # (channels,)
    high: np.ndarray  # (channels,)
    rows: np.ndarray  # (some tokens, channels)


@dataclass(frozen=True)
class Scaling:
    """How the input of a product becomes 8-bit integers.

    Args:
        width: What each channel is divided by, and its weights multiplied by; (channels,). None is 1.
        scale: A step of the integers.
        zero: The integer that stands for 0.
    """

    width: np.ndarray | None
    scale: np.float32
    zero: np.uint8

    @classmethod
    def plain(cls, seen: Seen) -> "Scaling":
        """All channels alike."""
        return cls._between(None, float(seen.low.min()), float(seen.high.max()))

    @classmethod
    def of(cls, seen: Seen, weight: np.ndarray, part: float) -> "Scaling":
        """Move a part of the channels' widths, in powers, into the weights (channels, outputs)."""
        widest = np.maximum(np.maximum(seen.high, -seen.low), 1e-5)
        heaviest = np.maximum(np.abs(weight).max(axis=1), 1e-5)
        width = (widest**part / heaviest ** (1 - part)).astype(np.float32)
        return cls._between(width, float((seen.low / width).min()), float((seen.high / width).max()))

    @classmethod
    def _between(cls, width: np.ndarray | None, low: float, high: float) -> "Scaling":
        low = min(0.0, low)
        scale = np.float32(max(high - low, 1e-6) / 255)
        return cls(width, scale, np.uint8(np.clip(round(-low / scale), 0, 255)))

    def widened(self, weight: np.ndarray) -> np.ndarray:
        """Weights (channels, outputs) for the scaled input."""
        return weight if self.width is None else weight * self.width[:, None]

    def error(self, seen: Seen, weight: np.ndarray) -> float:
        """The mean squared error of a product in integers."""
        whole, step = int8_columns(self.widened(weight))
        zero = int(self.zero)
        rows = seen.rows if self.width is None else seen.rows / self.width
        inputs = np.clip(np.rint(rows / self.scale) + zero, 0, 255) - zero
        found = (inputs.astype(np.float32) @ whole.astype(np.float32)) * (self.scale * step)
        return float(np.square(found - seen.rows @ weight).mean())


def _chosen(seen: Seen, weight: np.ndarray) -> Scaling:
    """Moved widths where they are worth it: the multiplication of the input costs time, most where it is wide."""
    moved = min((Scaling.of(seen, weight, part) for part in PARTS), key=lambda each: each.error(seen, weight))
    plain = Scaling.plain(seen)
    return moved if plain.error(seen, weight) > WORTH * moved.error(seen, weight) else plain


def int8_columns(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (channels, outputs) as int8, and a scale a column (outputs,)."""
    step = np.maximum(np.abs(weight).max(axis=0) / LARGEST, 1e-12).astype(np.float32)
    return np.rint(weight / step).astype(np.int8), step


def _seen(model: Any, names: list[str], feeds: Iterable[Mapping[str, np.ndarray]]) -> dict[str, Seen]:
    """What values of a model are on texts: least and largest of each channel, and some rows."""
    onnx = import_optional("onnx", "export")
    import onnxruntime

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    for name in names:
        watched.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    lows, highs, rows = defaultdict(list), defaultdict(list), defaultdict(list)
    for feed in feeds:
        for name, found in zip(names, session.run(names, dict(feed)), strict=True):
            values = found.reshape(-1, found.shape[-1])
            lows[name].append(values.min(axis=0))
            highs[name].append(values.max(axis=0))
            rows[name].append(values[:: 1 + len(values) // ROWS])
    return {
        name: Seen(np.min(lows[name], axis=0), np.max(highs[name], axis=0), np.concatenate(rows[name]))
        for name in names
    }


def _quantise_products(
    graph: Any, name: str, nodes: list[Any], weights: Mapping[str, np.ndarray], scaling: Scaling
) -> None:
    """Products of one input, which is scaled and quantised once for all of them."""
    onnx = import_optional("onnx", "export")

    def constant(suffix: str, value: np.ndarray) -> str:
        graph.initializer.append(onnx.numpy_helper.from_array(value, suffix))
        return suffix

    scale = constant(f"{name}_scale", np.array(scaling.scale))
    zero = constant(f"{name}_zero", np.array(scaling.zero))
    added, scaled = [], name
    if scaling.width is not None:
        scaled = f"{name}_scaled"
        added.append(onnx.helper.make_node("Mul", [name, constant(f"{name}_widths", 1 / scaling.width)], [scaled]))
    added.append(onnx.helper.make_node("QuantizeLinear", [scaled, scale, zero], [f"{name}_uint8"]))
    first = list(graph.node).index(nodes[0])
    for at, each in enumerate(added):
        graph.node.insert(first + at, each)
    for node in nodes:
        output = node.output[0]
        whole, step = int8_columns(scaling.widened(weights[node.input[1]]))
        inputs = [f"{name}_uint8", constant(f"{output}_int8", whole), scale, constant(f"{output}_step", step), zero, ""]
        readers = [reader for reader in graph.node if output in reader.input]
        bias = [each for each in readers[0].input if each in weights] if len(readers) == 1 else []
        if bias and readers[0].op_type == "Add" and weights[bias[0]].shape == step.shape:
            inputs.append(bias[0])
            output = readers[0].output[0]
            graph.node.remove(readers[0])
        product = onnx.helper.make_node("MatMulIntegerToFloat", inputs, [output], domain=CONTRIB)
        graph.node.insert(list(graph.node).index(node), product)
        graph.node.remove(node)


def _quantise_embeddings(graph: Any, node: Any, table: np.ndarray) -> None:
    """A table of embeddings (tokens, hidden) in int8, with a scale a token."""
    onnx = import_optional("onnx", "export")
    step = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    name = node.output[0]
    for suffix, value in (("int8", np.rint(table / step).astype(np.int8)), ("step", step)):
        graph.initializer.append(onnx.numpy_helper.from_array(value, f"{name}_{suffix}"))
    at = list(graph.node).index(node)
    graph.node.remove(node)
    added = [
        onnx.helper.make_node("Gather", [f"{name}_int8", node.input[1]], [f"{name}_rows"]),
        onnx.helper.make_node("Cast", [f"{name}_rows"], [f"{name}_float"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Gather", [f"{name}_step", node.input[1]], [f"{name}_steps"]),
        onnx.helper.make_node("Mul", [f"{name}_float", f"{name}_steps"], [name]),
    ]
    for offset, each in enumerate(added):
        graph.node.insert(at + offset, each)
