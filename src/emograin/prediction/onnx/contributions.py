"""What each token adds to each label's logit, in the exported network itself, computed only where it is asked for.

A label's slot takes a sum over tokens in every layer and head. With the direction in which the label's logit rises
(attention_directions.py) the sum falls apart into the tokens' parts:

    of token j to label l = sum over layers and heads: attention of l's slot to j * (worth of j - mean worth)
    worth of j = value of j . direction of l; its mean is weighted by attention

that is what the slot would miss if it read j's share from all tokens alike.

The network gets a constant `explain`, false, and an output `contributions` (batch, labels, tokens), float32, which is
empty then. A session that is started with another constant computes it. As an input, `explain` would keep every layer's
queries, keys and values in memory until the end, asked for or not.
"""

from typing import Any

import numpy as np

from ...common.optional import import_optional
from .label_directions import Directions
from .model import CONTRIBUTIONS as OUTPUT
from .model import EXPLAIN

BEHIND_SOFTMAX = 3  # ONNX's name for attention weights as a further output of its attention
HEAD_INPUTS = 4  # query, key, value, mask: attention that keeps a cache has more

Window = tuple[int, int]  # start and step of tokens that were cut out


def explain(model: Any, directions: Directions) -> bool:
    """Add the constant, the output and what computes it to a model, in place, or nothing where that cannot be.

    Args:
        model: An onnx.ModelProto from `onnx_export.network_of`, quantised or not.
        directions: Of the method that it was made of.

    Returns:
        Whether it was added: not where the network's attention is of another kind than the encoder's in torch.
    """
    onnx = import_optional("onnx", "export")
    graph = model.graph
    layers = _layers(graph)
    heads, width = directions.values.shape[1], directions.values.shape[3]
    known = [(_number(node, "q_num_heads", heads), _number(node, "kv_num_heads", heads)) for node in layers]
    many_inputs = any(len(node.input) > HEAD_INPUTS for node in layers)
    if len(layers) != len(directions.values) or set(known) != {(heads, heads)} or many_inputs:
        return False
    branch = _Branch(model, directions)
    total = ""
    for number, node in enumerate(layers):
        attention = branch.attention(node, number)  # (batch, heads, slots or 1, tokens)
        values = branch.values(node, [0, 0, heads, width])  # (batch, heads, width, tokens)
        along = branch.constant(directions.values[number])
        worth = branch.add("MatMul", along, values)  # (batch, heads, slots, tokens)
        mean = branch.add("ReduceSum", branch.add("Mul", attention, worth), branch.constant(np.array([-1])), keepdims=1)
        brought = branch.add("Mul", attention, branch.add("Sub", worth, mean))
        part = branch.add("ReduceSum", brought, branch.constant(np.array([1])), keepdims=0)
        total = branch.add("Add", total, part) if total else part
    count = int(directions.labels.max()) + 1
    of_label = (directions.labels == np.arange(count)[:, None]).astype(np.float32)  # (labels, slots)
    total = branch.add("MatMul", branch.constant(of_label), total)
    types, helper = onnx.TensorProto, onnx.helper
    shapes = [helper.make_tensor_value_info(name, types.FLOAT, None) for name in (total, f"{OUTPUT}_none")]
    none = helper.make_tensor(f"{OUTPUT}_empty", types.FLOAT, [0, 0, 0], [])
    nothing = [helper.make_node("Constant", [], [shapes[1].name], value=none)]
    branches = {
        "then_branch": helper.make_graph(branch.nodes, "explained", [], shapes[:1]),
        "else_branch": helper.make_graph(nothing, "plain", [], shapes[1:]),
    }
    graph.node.append(helper.make_node("If", [EXPLAIN], [OUTPUT], **branches))
    dimensions = [f"{OUTPUT}_{each}" for each in ("batch", "labels", "tokens")]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, types.FLOAT, dimensions))
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(False), EXPLAIN))
    return True


class _Branch:
    """The nodes that explain. Their constants are the graph's."""

    def __init__(self, model: Any, directions: Directions):
        self.onnx = import_optional("onnx", "export")
        self.graph = model.graph
        self.tokens = directions.tokens
        self.nodes: list[Any] = []
        inferred = self.onnx.shape_inference.infer_shapes(model).graph.value_info
        self.ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in inferred}
        self.made = {name: node for node in self.graph.node for name in node.output}
        self.arrays = {each.name: each for each in self.graph.initializer}

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node; the name of what it computes."""
        output = f"{OUTPUT}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: np.ndarray) -> str:
        """A constant; its name."""
        name = f"{OUTPUT}_constant_{len(self.graph.initializer)}"
        self.graph.initializer.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def attention(self, node: Any, number: int) -> str:
        """The weights with which the slots attend to all tokens, (batch, heads, slots, tokens), or from all tokens on
        average, (batch, heads, 1, tokens)."""
        if self.tokens is None:
            return self.add("MatMul", self._share(), self._weights(node, number))
        if node.op_type == "MatMul":
            return self.add("Gather", node.input[0], self.constant(self.tokens), axis=2)
        return self._weights(node, number)

    def _weights(self, node: Any, number: int) -> str:
        """As many rows of attention weights as are needed where onnxruntime computes them again, else all."""
        if node.op_type == "MatMul":
            return str(node.input[0])
        query, mask = node.input[0], node.input[3] if len(node.input) > 3 else ""
        if self.tokens is not None:
            start, step = self._window(query)
            rows = self.constant((self.tokens - start) // step)
            query = self.add("Gather", query, rows, axis=1 if _in_three_dimensions(node) else 2)
            mask = self.add("Gather", mask, rows, axis=self.ranks.get(mask, 4) - 2) if mask else ""
        weights = f"{OUTPUT}_attention_{number}"
        given = [query, *node.input[1:3], mask] if mask else [query, *node.input[1:3]]
        again = self.onnx.helper.make_node("Attention", given, [f"{weights}_values", "", "", weights])
        again.attribute.extend(each for each in node.attribute if each.name != "qk_matmul_output_mode")
        again.attribute.append(self.onnx.helper.make_attribute("qk_matmul_output_mode", BEHIND_SOFTMAX))
        self.nodes.append(again)
        return weights

    def values(self, node: Any, shape: list[int]) -> str:
        """The tokens' values, (batch, heads, width, tokens)."""
        if not _in_three_dimensions(node):
            return self.add("Transpose", node.input[1 if node.op_type == "MatMul" else 2], perm=[0, 1, 3, 2])
        return self.add(
            "Transpose", self.add("Reshape", node.input[2], self.constant(np.array(shape))), perm=[0, 2, 3, 1]
        )

    def _share(self) -> str:
        """The share of each token among those that are no padding, (batch, 1, 1, tokens)."""
        mask = self.add("Cast", "attention_mask", to=self.onnx.TensorProto.FLOAT)
        count = self.add("ReduceSum", mask, self.constant(np.array([1])), keepdims=1)
        return self.add("Unsqueeze", self.add("Div", mask, count), self.constant(np.array([1, 2])))

    def _window(self, name: str) -> Window:
        """Which tokens `onnx_graph.slice_early` left in a query."""
        while name in self.made:
            node = self.made[name]
            if node.op_type == "Slice" and name.startswith("rows_"):
                start, _, _, step = (
                    int(self.onnx.numpy_helper.to_array(self.arrays[each])[0]) for each in node.input[1:]
                )
                return start, step
            if node.op_type in ("LayerNormalization", "Attention"):
                break
            name = node.input[0]
        return 0, 1


def _layers(graph: Any) -> list[Any]:
    """The nodes in which tokens' values are summed: attention, or a product with what comes out of a softmax."""
    weights = {node.output[0] for node in graph.node if node.op_type == "Softmax"}
    return [
        node
        for node in graph.node
        if (node.op_type == "Attention" and not node.domain) or (node.op_type == "MatMul" and node.input[0] in weights)
    ]


def _in_three_dimensions(node: Any) -> bool:
    return any(each.name == "q_num_heads" for each in node.attribute)


def _number(node: Any, name: str, default: int) -> int:
    return next((each.i for each in node.attribute if each.name == name), default)
