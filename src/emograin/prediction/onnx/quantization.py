"""Static int8 quantization of a float32 graph: matrix products in 8-bit integers, embeddings with one byte per value.

The scales of activations are calibrated once, on texts. Measured per batch, as in dynamic quantization, they would make
a text's scores depend on the other texts of its batch. Outlier channels would reduce the resolution of all others; as
in SmoothQuant (Xiao et al. 2023, arXiv:2211.10438, eq. 4), part of their magnitude is migrated into the weights, for
activations where this reduces the error by at least `MIN_ERROR_RATIO`. The migration strength alpha is the one with the
smallest error, per activation.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...common.onnx_runtime import import_onnxruntime
from ...common.optional import import_optional

CONTRIB = "com.microsoft"  # ONNX Runtime's own operators
# Weights in 7 bits: without VNNI instructions, sums of two products of 8-bit numbers overflow 16 bits.
QMAX_7_BIT = 63
ALPHAS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
MIN_ERROR_RATIO = 3.0  # smoothing costs a multiplication: it must divide the squared error by at least this
SAMPLED_ROWS = 32  # tokens per calibration batch on which errors are compared


def quantize(model: Any, calibration_feeds: Iterable[Mapping[str, np.ndarray]]) -> None:
    """Quantize a model in place.

    Args:
        model: An onnx.ModelProto in float32.
        calibration_feeds: Inputs of the model, (batch, tokens) by name, typical of its later use, without padding.
    """
    onnx = import_optional("onnx", "export")
    graph = model.graph
    weights = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    products: dict[str, list[Any]] = defaultdict(list)  # by their common input
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights and weights[node.input[1]].ndim == 2:
            products[node.input[0]].append(node)
    for name, stats in calibrate(model, list(products), calibration_feeds).items():
        joined = np.concatenate([weights[node.input[1]] for node in products[name]], axis=1)
        _quantize_products(graph, name, products[name], weights, choose_params(stats, joined))
    for node in [node for node in graph.node if node.op_type == "Gather" and node.input[0] in weights]:
        if weights[node.input[0]].ndim == 2 and weights[node.input[0]].dtype == np.float32:
            _quantize_embeddings(graph, node, weights[node.input[0]])
    model.opset_import.append(onnx.helper.make_opsetid(CONTRIB, 1))
    import_optional("onnxscript.optimizer", "export").remove_unused_nodes(model)


class ActivationStats(NamedTuple):
    """Statistics of an activation (tokens, channels) on the calibration texts.

    Attributes:
        low: Minimum of each channel (channels,).
        high: Maximum of each channel (channels,).
        sample: Some of its rows (sampled tokens, channels).
    """

    low: np.ndarray
    high: np.ndarray
    sample: np.ndarray


@dataclass(frozen=True)
class QuantizationParams:
    """Parameters with which an activation becomes 8-bit integers.

    Args:
        smoothing: SmoothQuant's factors (channels,): activations are divided by them, weights multiplied; None: all 1.
        scale: Distance of two neighbouring integers.
        zero_point: The integer for 0.
    """

    smoothing: np.ndarray | None
    scale: np.float32
    zero_point: np.uint8

    @classmethod
    def unsmoothed(cls, stats: ActivationStats) -> "QuantizationParams":
        """Return the parameters without smoothing."""
        return cls._from_range(None, float(stats.low.min()), float(stats.high.max()))

    @classmethod
    def smoothed(cls, stats: ActivationStats, weight: np.ndarray, alpha: float) -> "QuantizationParams":
        """Return the parameters with smoothing (SmoothQuant, eq. 4).

        Args:
            stats: Statistics of the activation.
            weight: Weights (channels, outputs).
            alpha: Migration strength, in [0, 1].
        """
        activation_max = np.maximum(np.maximum(stats.high, -stats.low), 1e-5)
        weight_max = np.maximum(np.abs(weight).max(axis=1), 1e-5)
        smoothing = (activation_max**alpha / weight_max ** (1 - alpha)).astype(np.float32)
        return cls._from_range(smoothing, float((stats.low / smoothing).min()), float((stats.high / smoothing).max()))

    @classmethod
    def _from_range(cls, smoothing: np.ndarray | None, low: float, high: float) -> "QuantizationParams":
        low = min(0.0, low)
        scale = np.float32(max(high - low, 1e-6) / 255)
        return cls(smoothing, scale, np.uint8(np.clip(round(-low / scale), 0, 255)))

    def smooth(self, weight: np.ndarray) -> np.ndarray:
        """Return the weights (channels, outputs) multiplied by the smoothing factors."""
        return weight if self.smoothing is None else weight * self.smoothing[:, None]

    def error(self, stats: ActivationStats, weight: np.ndarray) -> float:
        """Return the mean squared error of the quantized product with weights (channels, outputs) on the sample."""
        integers, weight_scale = quantize_per_channel(self.smooth(weight))
        zero_point = int(self.zero_point)
        rows = stats.sample if self.smoothing is None else stats.sample / self.smoothing
        inputs = np.clip(np.rint(rows / self.scale) + zero_point, 0, 255) - zero_point
        outputs = (inputs.astype(np.float32) @ integers.astype(np.float32)) * (self.scale * weight_scale)
        return float(np.square(outputs - stats.sample @ weight).mean())


def choose_params(stats: ActivationStats, weight: np.ndarray) -> QuantizationParams:
    """Return the parameters of an activation, smoothed only if that reduces the error `MIN_ERROR_RATIO` times.

    Args:
        stats: Statistics of the activation.
        weight: Weights (channels, outputs) of all products of this activation.
    """
    candidates = [QuantizationParams.smoothed(stats, weight, alpha) for alpha in ALPHAS]
    best = min(candidates, key=lambda each: each.error(stats, weight))
    unsmoothed = QuantizationParams.unsmoothed(stats)
    return best if unsmoothed.error(stats, weight) > MIN_ERROR_RATIO * best.error(stats, weight) else unsmoothed


def quantize_per_channel(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (channels, outputs) as int8 in 7 bits, and the scale of each output (outputs,), float32."""
    scale = np.maximum(np.abs(weight).max(axis=0) / QMAX_7_BIT, 1e-12).astype(np.float32)
    return np.rint(weight / scale).astype(np.int8), scale


def calibrate(
    model: Any, names: list[str], calibration_feeds: Iterable[Mapping[str, np.ndarray]]
) -> dict[str, ActivationStats]:
    """Measure activations.

    Args:
        model: An onnx.ModelProto; it stays as it is.
        names: Names of the activations.
        calibration_feeds: Inputs of the model, (batch, tokens) by name.

    Returns:
        The statistics of each activation, by name.
    """
    onnx = import_optional("onnx", "export")
    onnxruntime = import_onnxruntime()
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for name in names:
        copy.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(copy.SerializeToString(), providers=["CPUExecutionProvider"])
    lows, highs, samples = defaultdict(list), defaultdict(list), defaultdict(list)
    for feed in calibration_feeds:
        for name, value in zip(names, session.run(names, dict(feed)), strict=True):
            rows = value.reshape(-1, value.shape[-1])
            lows[name].append(rows.min(axis=0))
            highs[name].append(rows.max(axis=0))
            samples[name].append(rows[:: 1 + len(rows) // SAMPLED_ROWS])
    return {
        name: ActivationStats(np.min(lows[name], axis=0), np.max(highs[name], axis=0), np.concatenate(samples[name]))
        for name in names
    }


def _quantize_products(
    graph: Any, name: str, nodes: list[Any], weights: Mapping[str, np.ndarray], params: QuantizationParams
) -> None:
    """Replace the products of one activation, which is quantized once for all of them.

    Args:
        graph: The onnx.GraphProto to change.
        name: Name of the activation.
        nodes: Its products.
        weights: The graph's constants, by name.
        params: Parameters of the activation.
    """
    onnx = import_optional("onnx", "export")

    def constant(name: str, value: np.ndarray) -> str:
        graph.initializer.append(onnx.numpy_helper.from_array(value, name))
        return name

    scale = constant(f"{name}_scale", np.array(params.scale))
    zero_point = constant(f"{name}_zero_point", np.array(params.zero_point))
    added, smoothed = [], name
    if params.smoothing is not None:
        smoothed = f"{name}_smoothed"
        factors = constant(f"{name}_smoothing", 1 / params.smoothing)
        added.append(onnx.helper.make_node("Mul", [name, factors], [smoothed]))
    added.append(onnx.helper.make_node("QuantizeLinear", [smoothed, scale, zero_point], [f"{name}_uint8"]))
    first = list(graph.node).index(nodes[0])
    for at, each in enumerate(added):
        graph.node.insert(first + at, each)
    for node in nodes:
        output = node.output[0]
        integers, weight_scale = quantize_per_channel(params.smooth(weights[node.input[1]]))
        inputs = [f"{name}_uint8", constant(f"{output}_int8", integers), scale]
        inputs += [constant(f"{output}_weight_scale", weight_scale), zero_point, ""]
        readers = [reader for reader in graph.node if output in reader.input]
        bias = [each for each in readers[0].input if each in weights] if len(readers) == 1 else []
        if bias and readers[0].op_type == "Add" and weights[bias[0]].shape == weight_scale.shape:
            inputs.append(bias[0])
            output = readers[0].output[0]
            graph.node.remove(readers[0])
        product = onnx.helper.make_node("MatMulIntegerToFloat", inputs, [output], domain=CONTRIB)
        graph.node.insert(list(graph.node).index(node), product)
        graph.node.remove(node)


def _quantize_embeddings(graph: Any, node: Any, table: np.ndarray) -> None:
    """Replace a lookup in a table of embeddings (tokens, hidden) by one in int8, with one scale per token."""
    onnx = import_optional("onnx", "export")
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    name = node.output[0]
    for suffix, value in (("int8", np.rint(table / scale).astype(np.int8)), ("scale", scale)):
        graph.initializer.append(onnx.numpy_helper.from_array(value, f"{name}_table_{suffix}"))
    at = list(graph.node).index(node)
    graph.node.remove(node)
    added = [
        onnx.helper.make_node("Gather", [f"{name}_table_int8", node.input[1]], [f"{name}_rows"]),
        onnx.helper.make_node("Cast", [f"{name}_rows"], [f"{name}_float"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("Gather", [f"{name}_table_scale", node.input[1]], [f"{name}_scales"]),
        onnx.helper.make_node("Mul", [f"{name}_float", f"{name}_scales"], [name]),
    ]
    for offset, each in enumerate(added):
        graph.node.insert(at + offset, each)
