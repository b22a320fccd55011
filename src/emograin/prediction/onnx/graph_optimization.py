"""Graph optimizations that keep the outputs: no transposes around attention, no unused rows.

onnx_ir, which comes with onnxscript, has the graph and the passes.
"""

from typing import TYPE_CHECKING, Any

from ...common.optional import import_optional

if TYPE_CHECKING:
    import onnx_ir as ir

# Operators that compute each token's row from that row of their first input alone.
ROW_WISE = {"LayerNormalization", "Gelu", "Erf", "Tanh", "Relu", "Sigmoid", "Identity", "Cast"}
ELEMENTWISE = {"Add", "Mul", "Sub", "Div"}
HEADS_TRANSPOSE = [0, 2, 1, 3]  # between (batch, tokens, heads, width) and (batch, heads, tokens, width)
SLICED = "rows_"  # prefix of the names of values that slices compute

Window = tuple[int, int, int]  # start, end and step of a slice along the tokens


def optimize(model: "ir.Model") -> None:
    """Optimize a model in place."""
    passes = import_optional("onnx_ir.passes.common", "export")
    fuse_head_transposes(model)
    passes.RemoveUnusedNodesPass()(model)  # a slice must not be blocked by readers that are unused themselves
    push_slices_up(model.graph)
    passes.RemoveUnusedNodesPass()(model)
    passes.ClearMetadataAndDocStringPass()(model)  # torch's stack traces, with paths of the machine
    for value in (*model.graph.inputs, *model.graph.outputs):  # the pass clears nodes only
        value.metadata_props.clear()


def fuse_head_transposes(model: "ir.Model") -> None:
    """Let Attention read (batch, tokens, hidden) instead of (batch, heads, tokens, width), to save four transposes."""
    pattern = import_optional("onnxscript.rewriter.pattern", "export")

    def split_heads(op: Any, value: Any) -> Any:
        return op.Transpose(op.Reshape(value, _allow_other_inputs=True), perm=HEADS_TRANSPOSE)

    def target(op: Any, query: Any, key: Any, value: Any) -> Any:
        heads = [split_heads(op, each) for each in (query, key, value)]
        attended = op.Attention(*heads, _allow_other_inputs=True, _outputs=["attended"])
        return op.Reshape(op.Transpose(attended, perm=HEADS_TRANSPOSE), _allow_other_inputs=True)

    def head_counts(attended: Any) -> list[Any]:
        return [each.shape[1] if each.shape is not None else None for each in attended.producer().inputs[:2]]

    def replacement(op: Any, query: Any, key: Any, value: Any, attended: Any) -> Any:
        node = attended.producer()
        counts = dict(zip(("q_num_heads", "kv_num_heads"), head_counts(attended), strict=True))
        return op.Attention(query, key, value, *node.inputs[3:], **(dict(node.attributes) | counts))

    def is_known(_: Any, attended: Any, **__: Any) -> bool:
        return all(isinstance(count, int) for count in head_counts(attended))

    pattern.RewriteRule(target, replacement, is_known).apply_to_model(model)


def push_slices_up(graph: "ir.Graph") -> None:
    """Select the tokens that a method reads before the last layer computes the others.

    A slice along the tokens moves up through row-wise operators, as long as nothing reads the rows that it drops.
    """
    while any(_push_up(graph, node) for node in graph):
        pass


def _push_up(graph: "ir.Graph", node: "ir.Node") -> bool:
    """Slice the inputs of an operator instead of its output, and return whether that was possible.

    Args:
        graph: The graph.
        node: A slice of the output, or any other node.
    """
    import onnx_ir as ir

    window, value = _window(node), node.inputs[0] if node.inputs else None
    above = value.producer() if value is not None else None
    if window is None or value is None or above is None or value.is_graph_output():
        return False
    readers = [reader for reader, _ in value.uses()]
    inputs = _row_inputs(above)
    if not inputs or any(_window(reader) != window for reader in readers):
        return False
    for at, axis in inputs:
        above.replace_input_with(at, _slice(graph, above.inputs[at], axis, window))
    for reader in readers:
        ir.convenience.replace_all_uses_with(reader.outputs[0], value)
        graph.remove(reader, safe=True)
    return True


def _slice(graph: "ir.Graph", value: Any, axis: int, window: Window) -> "ir.Value":
    """Return the slice of a value, after the node that computes it; an existing one if possible."""
    import onnx_ir as ir

    name = "_".join([f"{SLICED}{value.name}", str(axis), *map(str, window)])
    if existing := next((node for node, _ in value.uses() if node.outputs[0].name == name), None):
        return existing.outputs[0]
    limits = []
    for number in (window[0], window[1], axis, window[2]):
        constant = f"{SLICED}{number}"
        if constant not in graph.initializers:
            graph.register_initializer(ir.Value(name=constant, const_value=ir.tensor([number], name=constant)))
        limits.append(graph.initializers[constant])
    rank = None if value.shape is None else ir.Shape([None] * len(value.shape))
    output = ir.Value(name=name, shape=rank, type=value.type)
    node = ir.node("Slice", [value, *limits], outputs=[output])
    producer = value.producer()
    if producer is None:
        graph.insert_before(graph[0], node)
    else:
        graph.insert_after(producer, node)
    return output


def _window(node: "ir.Node") -> Window | None:
    """Return start, end and step of a slice along the tokens; None for any other node."""
    if node.op_type != "Slice" or len(node.inputs) < 5 or any(_constant(each) is None for each in node.inputs[1:]):
        return None
    starts, ends, axes, steps = (_constant(each).tolist() for each in node.inputs[1:])
    return (starts[0], ends[0], steps[0]) if axes == [1] else None


def _row_inputs(node: "ir.Node") -> list[tuple[int, int]]:
    """Return number and axis of the inputs to slice for a slice of the output; empty if the output would differ."""
    constants = [_constant(each) for each in node.inputs]
    ranks = [len(each.shape) if each is not None and each.shape is not None else None for each in node.inputs]
    if node.op_type in ROW_WISE:
        return [(0, 1)]
    if node.op_type == "MatMul" and constants[1] is not None and constants[1].ndim == 2:
        return [(0, 1)]
    if node.op_type in ELEMENTWISE:
        variable = [at for at, constant in enumerate(constants) if constant is None]
        narrow = all(constant.ndim <= 1 for constant in constants if constant is not None)
        return [(at, 1) for at in variable] if narrow and all(ranks[at] == 3 for at in variable) else []
    if node.op_type == "Attention" and "q_num_heads" in node.attributes:
        if len(node.inputs) < 4 or node.inputs[3] is None:
            return [(0, 1)]
        return [(0, 1), (3, 2)] if ranks[3] == 4 else []
    return []


def _constant(value: Any) -> Any:
    """Return the content of a constant as an array; None for any other value."""
    return None if value is None or value.const_value is None else value.const_value.numpy()
