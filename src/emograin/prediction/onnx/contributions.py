"""Contributions of each token to each label's logit, computed in the exported model itself, on request.

The attention output at a label's slot is a sum over tokens in every layer and head. Projected on the direction in which
the label's logit rises (label_directions.py), the sum splits into one term per token:

    contribution of j to label l = sum over layers and heads: attention of l's slot to j * (value of j - mean value)
    value of j = value vector of j . direction of l; the mean is weighted by attention

that is, the decrease of the logit if the value of j were replaced by the mean value.

The model gets a constant `explain`, false, and an output `contributions` (batch, labels, tokens), float32, which is
empty then. A session in which true replaces the constant computes it. As an input, `explain` would keep the queries,
keys and values of every layer in memory until the end, used or not.
"""

from typing import Any

import numpy as np

from ...common.optional import import_optional
from .label_directions import Directions
from .scorer import CONTRIBUTIONS as OUTPUT
from .scorer import EXPLAIN

OUTPUT_AFTER_SOFTMAX = 3  # qk_matmul_output_mode of ONNX's Attention: the weights as a further output
MAX_ATTENTION_INPUTS = 4  # query, key, value, mask; attention with a cache has more

Window = tuple[int, int]  # start and step of a slice along the tokens


def add_contributions(model: Any, directions: Directions) -> bool:
    """Add the constant, the output and its nodes to a model, in place, or nothing if that is not possible.

    Args:
        model: An onnx.ModelProto from `export.to_onnx`, quantized or not.
        directions: Mean gradients of the method that was exported.

    Returns:
        Whether they were added: not if the model computes attention in another way than the encoder does in torch.
    """
    onnx = import_optional("onnx", "export")
    graph = model.graph
    layers = _attention_nodes(graph)
    heads, width = directions.gradients.shape[1], directions.gradients.shape[3]
    head_counts = {(_attribute(node, "q_num_heads", heads), _attribute(node, "kv_num_heads", heads)) for node in layers}
    cached = any(len(node.input) > MAX_ATTENTION_INPUTS for node in layers)
    if len(layers) != len(directions.gradients) or head_counts != {(heads, heads)} or cached:
        return False
    branch = _Branch(model, directions)
    total = ""
    for number, node in enumerate(layers):
        attention = branch.attention(node, number)  # (batch, heads, slots or 1, tokens)
        values = branch.values(node, [0, 0, heads, width])  # (batch, heads, width, tokens)
        direction = branch.constant(directions.gradients[number])  # (heads, slots, width)
        token_value = branch.add("MatMul", direction, values)  # (batch, heads, slots, tokens)
        weighted = branch.add("Mul", attention, token_value)
        mean = branch.add("ReduceSum", weighted, branch.constant(np.array([-1])), keepdims=1)
        of_heads = branch.add("Mul", attention, branch.add("Sub", token_value, mean))
        of_layer = branch.add("ReduceSum", of_heads, branch.constant(np.array([1])), keepdims=0)
        total = branch.add("Add", total, of_layer) if total else of_layer
    count = int(directions.labels.max()) + 1
    label_slots = (directions.labels == np.arange(count)[:, None]).astype(np.float32)  # (labels, slots)
    total = branch.add("MatMul", branch.constant(label_slots), total)
    types, helper = onnx.TensorProto, onnx.helper
    shapes = [helper.make_tensor_value_info(name, types.FLOAT, None) for name in (total, f"{OUTPUT}_none")]
    empty = helper.make_tensor(f"{OUTPUT}_empty", types.FLOAT, [0, 0, 0], [])
    nothing = [helper.make_node("Constant", [], [shapes[1].name], value=empty)]
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
    """The nodes that compute contributions; their constants are added to the graph itself."""

    def __init__(self, model: Any, directions: Directions):
        self.onnx = import_optional("onnx", "export")
        self.graph = model.graph
        self.tokens = directions.tokens
        self.nodes: list[Any] = []
        inferred = self.onnx.shape_inference.infer_shapes(model).graph.value_info
        self.ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in inferred}
        self.producers = {name: node for node in self.graph.node for name in node.output}
        self.constants = {each.name: each for each in self.graph.initializer}

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        output = f"{OUTPUT}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: np.ndarray) -> str:
        """Add a constant and return its name."""
        name = f"{OUTPUT}_constant_{len(self.graph.initializer)}"
        self.graph.initializer.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def attention(self, node: Any, number: int) -> str:
        """Return the attention weights of the slots, (batch, heads, slots, tokens), or their mean over all tokens if
        labels are scored from all of them, (batch, heads, 1, tokens)."""
        if self.tokens is None:
            return self.add("MatMul", self._mean_weights(), self._weights(node, number))
        if node.op_type == "MatMul":
            return self.add("Gather", node.input[0], self.constant(self.tokens), axis=2)
        return self._weights(node, number)

    def _weights(self, node: Any, number: int) -> str:
        """Return attention weights: those that a product reads; those of a fused operator, recomputed for the slots."""
        if node.op_type == "MatMul":
            return str(node.input[0])
        query, mask = node.input[0], node.input[3] if len(node.input) > 3 else ""
        if self.tokens is not None:
            start, step = self._window(query)
            rows = self.constant((self.tokens - start) // step)
            query = self.add("Gather", query, rows, axis=1 if _is_3d(node) else 2)
            mask = self.add("Gather", mask, rows, axis=self.ranks.get(mask, 4) - 2) if mask else ""
        weights = f"{OUTPUT}_attention_{number}"
        inputs = [query, *node.input[1:3], mask] if mask else [query, *node.input[1:3]]
        copy = self.onnx.helper.make_node("Attention", inputs, [f"{weights}_values", "", "", weights])
        copy.attribute.extend(each for each in node.attribute if each.name != "qk_matmul_output_mode")
        copy.attribute.append(self.onnx.helper.make_attribute("qk_matmul_output_mode", OUTPUT_AFTER_SOFTMAX))
        self.nodes.append(copy)
        return weights

    def values(self, node: Any, shape: list[int]) -> str:
        """Return the value vectors of all tokens, (batch, heads, width, tokens).

        Args:
            node: The layer's attention.
            shape: Shape to reshape (batch, tokens, hidden) to: (0, 0, heads, width), where 0 keeps a dimension.
        """
        if not _is_3d(node):
            return self.add("Transpose", node.input[1 if node.op_type == "MatMul" else 2], perm=[0, 1, 3, 2])
        return self.add(
            "Transpose", self.add("Reshape", node.input[2], self.constant(np.array(shape))), perm=[0, 2, 3, 1]
        )

    def _mean_weights(self) -> str:
        """Return the weights of a mean over all tokens but padding, (batch, 1, 1, tokens)."""
        mask = self.add("Cast", "attention_mask", to=self.onnx.TensorProto.FLOAT)
        count = self.add("ReduceSum", mask, self.constant(np.array([1])), keepdims=1)
        return self.add("Unsqueeze", self.add("Div", mask, count), self.constant(np.array([1, 2])))

    def _window(self, name: str) -> Window:
        """Return the slice of tokens that `push_slices_up` left in a query."""
        while name in self.producers:
            node = self.producers[name]
            if node.op_type == "Slice" and name.startswith("rows_"):
                start, _, _, step = (
                    int(self.onnx.numpy_helper.to_array(self.constants[each])[0]) for each in node.input[1:]
                )
                return start, step
            if node.op_type in ("LayerNormalization", "Attention"):
                break
            name = node.input[0]
        return 0, 1


def _attention_nodes(graph: Any) -> list[Any]:
    """Return the nodes that sum value vectors: Attention, or a product with the output of a softmax."""
    weights = {node.output[0] for node in graph.node if node.op_type == "Softmax"}
    return [
        node
        for node in graph.node
        if (node.op_type == "Attention" and not node.domain) or (node.op_type == "MatMul" and node.input[0] in weights)
    ]


def _is_3d(node: Any) -> bool:
    """Return whether an Attention has inputs (batch, tokens, hidden) instead of (batch, heads, tokens, width)."""
    return any(each.name == "q_num_heads" for each in node.attribute)


def _attribute(node: Any, name: str, default: int) -> int:
    """Return an integer attribute of a node."""
    return next((each.i for each in node.attribute if each.name == name), default)
