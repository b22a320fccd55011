"""An exported graph made shorter, its values unchanged: no transposes around attention, no row that nobody reads."""

from collections import Counter
from typing import Any

import numpy as np

from ...common.optional import import_optional

# What computes each token's row of its first input from that row alone: slicing the input slices the output.
ROW_BY_ROW = {"LayerNormalization", "Gelu", "Erf", "Tanh", "Relu", "Sigmoid", "Identity", "Cast"}
ELEMENTWISE = {"Add", "Mul", "Sub", "Div"}
HEADS_LAST = [0, 2, 1, 3]  # the transpose between (batch, tokens, heads, width) and (batch, heads, tokens, width)

Shapes = dict[str, list[int]]  # of every value; 0 where a dimension is not fixed
Window = tuple[int, int, int]  # start, end, step


def simplify(model: Any) -> None:
    """Rewrite a model, in place.

    Args:
        model: An onnx.ModelProto.
    """
    onnx = import_optional("onnx", "export")
    known = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [each.dim_value for each in value.type.tensor_type.shape.dim]
        for value in [*known.value_info, *known.input, *known.output]
    }
    attend_in_three_dimensions(model.graph, shapes)
    _drop_unread(model.graph)  # or what has lost its reader still looks like one
    slice_early(model.graph, shapes)
    _drop_unread(model.graph)
    _drop_notes(model)


def attend_in_three_dimensions(graph: Any, shapes: Shapes) -> None:
    """Attention of (batch, tokens, hidden) instead of (batch, heads, tokens, width), which needs four transposes."""
    onnx = import_optional("onnx", "export")
    for node in [node for node in graph.node if node.op_type == "Attention" and not node.domain]:
        made = producers(graph)
        before = [_before_heads(made, name) for name in node.input[:3]]
        after = _readers(graph, node.output[0])
        heads = [shapes.get(name, [0, 0])[1] for name in node.input[:2]]
        if None in before or not all(heads) or [_permutation(each) for each in after] != [HEADS_LAST]:
            continue
        joined = _readers(graph, after[0].output[0])
        if [each.op_type for each in joined] != ["Reshape"]:
            continue
        for at, name in enumerate(before):
            node.input[at] = name
        names = ("q_num_heads", "kv_num_heads")
        node.attribute.extend(onnx.helper.make_attribute(*each) for each in zip(names, heads, strict=True))
        node.output[0] = joined[0].output[0]
        graph.node.remove(joined[0])
        graph.node.remove(after[0])


def slice_early(graph: Any, shapes: Shapes) -> None:
    """Cut the tokens that a method reads out of the hidden states before the last layer computes the others.

    A slice along the tokens moves up through what works row by row, as far as nobody reads the rows that it drops.
    """
    onnx = import_optional("onnx", "export")
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    ranks = {name: len(shape) for name, shape in shapes.items()}
    outputs = {each.name for each in graph.output}
    done: dict[tuple[str, int, Window], str] = {}

    def window(node: Any) -> Window | None:
        """Starts, ends and steps of a slice along the tokens; None of any other node."""
        if node.op_type != "Slice" or len(node.input) < 5 or any(name not in constants for name in node.input[1:]):
            return None
        starts, ends, axes, steps = (constants[name].tolist() for name in node.input[1:])
        return (starts[0], ends[0], steps[0]) if axes == [1] else None

    def move_one() -> bool:
        made = producers(graph)
        for cut in graph.node:
            chosen = window(cut)
            above = made.get(cut.input[0]) if chosen else None
            if chosen is None or above is None or cut.input[0] in outputs:
                continue
            readers = _readers(graph, cut.input[0])
            inputs = _row_inputs(above, constants, ranks)
            if inputs and all(window(reader) == chosen for reader in readers):
                for at, axis in inputs:
                    above.input[at] = sliced(above.input[at], axis, chosen)
                for reader in readers:
                    _rename(graph, reader.output[0], cut.input[0])
                    graph.node.remove(reader)
                return True
        return False

    def sliced(name: str, axis: int, chosen: Window) -> str:
        """The slice of a value, behind the node that computes it."""
        key = (name, axis, chosen)
        if key not in done or done[key] not in producers(graph):
            done[key] = "_".join(["rows", name, str(axis), *map(str, chosen)])
            limits = []
            for number in (chosen[0], chosen[1], axis, chosen[2]):
                if f"rows_{number}" not in constants:
                    constants[f"rows_{number}"] = np.array([number])
                    graph.initializer.append(onnx.numpy_helper.from_array(np.array([number]), f"rows_{number}"))
                limits.append(f"rows_{number}")
            new = onnx.helper.make_node("Slice", [name, *limits], [done[key]])
            maker = producers(graph).get(name)
            graph.node.insert(list(graph.node).index(maker) + 1 if maker is not None else 0, new)
            ranks[done[key]] = ranks.get(name, 0)
        return done[key]

    while move_one():
        pass


def producers(graph: Any) -> dict[str, Any]:
    """Value -> the node that computes it."""
    return {name: node for node in graph.node for name in node.output}


def _row_inputs(node: Any, constants: dict[str, np.ndarray], ranks: dict[str, int]) -> list[tuple[int, int]]:
    """Which inputs to slice along which axis for a slice of the node's output; none where that gives another output."""
    if node.op_type in ROW_BY_ROW:
        return [(0, 1)]
    if node.op_type == "MatMul" and node.input[1] in constants and constants[node.input[1]].ndim == 2:
        return [(0, 1)]
    if node.op_type in ELEMENTWISE:
        whole = [at for at, name in enumerate(node.input) if name not in constants]
        narrow = all(constants[name].ndim <= 1 for name in node.input if name in constants)
        return [(at, 1) for at in whole] if narrow and all(ranks.get(node.input[at]) == 3 for at in whole) else []
    if node.op_type == "Attention" and any(each.name == "q_num_heads" for each in node.attribute):
        if len(node.input) < 4 or not node.input[3]:
            return [(0, 1)]
        return [(0, 1), (3, 2)] if ranks.get(node.input[3]) == 4 else []
    return []


def _before_heads(made: dict[str, Any], name: str) -> str | None:
    """What is split into heads by a reshape and a transpose; None if `name` is made in another way."""
    transpose = made.get(name)
    if transpose is None or _permutation(transpose) != HEADS_LAST:
        return None
    reshape = made.get(transpose.input[0])
    return reshape.input[0] if reshape is not None and reshape.op_type == "Reshape" else None


def _permutation(node: Any) -> list[int]:
    """Of a transpose; empty of any other node."""
    perms = [each.ints for each in node.attribute if each.name == "perm" and node.op_type == "Transpose"]
    return [int(at) for at in perms[0]] if perms else []


def _readers(graph: Any, name: str) -> list[Any]:
    return [node for node in graph.node if name in node.input]


def _rename(graph: Any, old: str, new: str) -> None:
    for node in graph.node:
        for at, name in enumerate(node.input):
            if name == old:
                node.input[at] = new


def _drop_notes(model: Any) -> None:
    """What torch notes of each node: stacks, with paths of the machine that exported."""
    graph = model.graph
    for each in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        each.doc_string = ""
        del each.metadata_props[:]


def _drop_unread(graph: Any) -> None:
    """Remove nodes and constants that nothing reads."""
    while True:
        read = Counter(name for node in graph.node for name in node.input) + Counter(out.name for out in graph.output)
        unread = [node for node in graph.node if not any(read[name] for name in node.output)]
        if not unread:
            break
        for node in unread:
            graph.node.remove(node)
    kept = [each for each in graph.initializer if read[each.name]]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.value_info[:]  # shapes of before
