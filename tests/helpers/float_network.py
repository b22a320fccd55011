"""A copy of an exported int8 model that computes its products in float32, with the same weights.

The int8 network rounds its activations: where a value lies between two steps, the last bit of float32, which differs
between processors, decides. Without rounding, scores of different processors agree to about 1e-6, so that whatever else
differs between two programs shows.
"""

import json
import shutil
from pathlib import Path

import pytest

from emograin.prediction.onnx.description import describe
from emograin.prediction.onnx.model import FILES, ExportedModel


def float_copy(source: Path, target: Path) -> Path:
    """Write the copy and return its folder."""
    onnx = pytest.importorskip("onnx")
    model = onnx.load(source / "model.onnx")
    graph = model.graph
    values = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    inputs = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "QuantizeLinear"}
    nodes = []
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            continue
        if node.op_type != "MatMulIntegerToFloat":
            nodes.append(node)
            continue
        rounded, weights, _, step, _, zero, bias = [*node.input, *[""] * (7 - len(node.input))]
        assert not zero, "the weights of the bundled model are symmetric"
        floats = values[weights].astype("float32") * values[step]
        graph.initializer.append(onnx.numpy_helper.from_array(floats, f"{weights}_float"))
        output = f"{node.output[0]}_product" if bias else node.output[0]
        nodes.append(onnx.helper.make_node("MatMul", [inputs[rounded], f"{weights}_float"], [output]))
        if bias:
            nodes.append(onnx.helper.make_node("Add", [output, bias], [node.output[0]]))
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input} | {"explain"}
    used |= {name for node in nodes for each in node.attribute for inner in each.g.node for name in inner.input}
    kept = [each for each in graph.initializer if each.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    target.mkdir(parents=True)
    for name in FILES[1:]:
        shutil.copyfile(source / name, target / name)
    onnx.save(model, target / "model.onnx")
    original = ExportedModel(source)
    derived = ("producer", "format", "template", "files", "sha256")
    metadata = {name: value for name, value in original.description.items() if name not in derived}
    described = describe(
        original.template, {name: target / name for name in FILES}, **metadata | {"weights": "float32"}
    )
    (target / "model.json").write_text(json.dumps(described), encoding="utf-8")
    return target
