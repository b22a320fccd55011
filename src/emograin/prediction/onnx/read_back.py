"""Read the weights of an int8 model back into torch: the bundled model exists as an int8 graph only.

The weights become the float32 values that the integers stand for. Scores then differ from those of the graph, which
also rounds activations to 8 bits.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer
from torch import Tensor

from ...common.errors import EmograinError
from ...common.optional import import_optional
from ...models.encoder import Encoder
from ...models.methods import Baseline
from .description import InputTemplate
from .model import ExportedModel

PREFIX = "method."  # of the names of a method's weights in the graph
ENCODER = "encoder."


def read_method(exported: ExportedModel) -> Baseline:
    """Return the method of an exported model, in evaluation mode: a baseline on a BERT encoder, exported in int8.

    Args:
        exported: The model.

    Raises:
        EmograinError: The model is another network, or its weights are float32.
    """
    onnx = import_optional("onnx", "export")
    model = onnx.load(exported.path / "model.onnx")
    try:
        weights = {name.removeprefix(PREFIX): value for name, value in weights_of(model.graph).items()}
        config = _bert_config(model.graph, weights)
        tokenizer = as_transformers(Tokenizer.from_file(str(exported.path / "tokenizer.json")), exported.template)
        config.pad_token_id = exported.template.pad
        bert = transformers.BertModel(config, add_pooling_layer=False)
        method = Baseline(Encoder(bert, tokenizer), exported.taxonomy, exported.template.max_document_tokens)
        method.load_state_dict(weights)
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise EmograinError(
            f"{str(exported.path)!r} is not a BERT network in int8, whose weights could be read back",
            "name the run that it was exported from",
        ) from error
    return method.eval()


def weights_of(graph: Any) -> dict[str, Tensor]:
    """Return the weights of a baseline from its int8 graph, in float32, by their names in torch."""
    onnx = import_optional("onnx", "export")
    values = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    made = {output: node for node in graph.node for output in node.output}
    found = {name: value for name, value in values.items() if name.startswith(PREFIX) and value.dtype == np.float32}
    for node in (node for node in graph.node if node.op_type == "MatMulIntegerToFloat"):
        weight = values[node.input[1]] * values[node.input[3]]
        smoothed = made.get(made[node.input[0]].input[0])
        if smoothed is not None and smoothed.op_type == "Mul" and smoothed.input[1] in values:
            weight = weight * values[smoothed.input[1]][:, None]
        found[node.input[6].removesuffix("bias") + "weight"] = weight.T
    for name, (integers, scale) in tables_of(graph).items():
        found[f"{PREFIX}{ENCODER}embeddings.{name}_embeddings.weight"] = values[integers] * values[scale]
    return {name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in found.items()}


def tables_of(graph: Any) -> dict[str, tuple[str, str]]:
    """Return the names of the two constants, integers and scales, of each table of embeddings."""
    onnx = import_optional("onnx", "export")
    kinds = {"input_ids": "word", "token_type_ids": "token_type"}
    types = {each.name: each.data_type for each in graph.initializer}
    tables: dict[str, dict[bool, str]] = {}
    for node in graph.node:
        if node.op_type == "Gather" and node.input[0] in types:
            name = kinds.get(node.input[1], "position")
            tables.setdefault(name, {})[types[node.input[0]] == onnx.TensorProto.INT8] = node.input[0]
    return {name: (each[True], each[False]) for name, each in tables.items()}


def as_transformers(tokenizer: Tokenizer, template: InputTemplate) -> transformers.PreTrainedTokenizerBase:
    """Return a tokenizer of the tokenizers library as one of transformers, with its special tokens.

    Args:
        tokenizer: The tokenizer.
        template: The layout of the model's inputs, which defines the special tokens.
    """
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special_tokens(tokenizer, template))


def special_tokens(tokenizer: Tokenizer, template: InputTemplate) -> dict[str, str]:
    """Return the special tokens under transformers' names for them: cls_token, sep_token, pad_token, unk_token."""
    ids = {"cls_token": template.prefix[0], "sep_token": template.suffix[-1], "pad_token": template.pad}
    found = {name: str(tokenizer.id_to_token(at)) for name, at in ids.items()}
    unknown = getattr(tokenizer.model, "unk_token", None)
    return found | ({"unk_token": unknown} if isinstance(unknown, str) else {})


def _bert_config(graph: Any, weights: Mapping[str, Tensor]) -> transformers.BertConfig:
    """Return the configuration of a BERT network, from the shapes of its weights and the operators of its graph.

    Raises:
        KeyError, IndexError: The network is another one.
    """
    words, positions, types = (
        weights[f"{ENCODER}embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    layers = {name.split(".")[3] for name in weights if name.startswith(f"{ENCODER}encoder.layer.")}
    attention = next(node for node in graph.node if node.op_type == "Attention")
    heads = next(each.i for each in attention.attribute if each.name == "q_num_heads")
    normalization = next(node for node in graph.node if node.op_type == "LayerNormalization")
    epsilon = next(each.f for each in normalization.attribute if each.name == "epsilon")
    return transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=words.shape[1],
        num_hidden_layers=len(layers),
        num_attention_heads=heads,
        intermediate_size=weights[f"{ENCODER}encoder.layer.0.intermediate.dense.weight"].shape[0],
        max_position_embeddings=len(positions),
        type_vocab_size=len(types),
        layer_norm_eps=float(f"{epsilon:.3g}"),
        hidden_act="gelu",
    )
