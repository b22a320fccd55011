"""A folder for transformers.js and for optimum's `ORTModelForSequenceClassification`, checked before it appears.

DIR/
  onnx/model_quantized.onnx   int8; or onnx/model.onnx, float32. Output: logits (batch, labels)
  config.json                 encoder, architecture, labels, problem_type
  tokenizer.json              with emoji and special tokens; tokenizer_config.json, special_tokens_map.json
  thresholds.json             threshold policy -> label -> threshold; not read by these libraries
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from ...common.errors import EmograinError
from ...common.optional import import_optional
from ..onnx.contributions import OUTPUT as CONTRIBUTIONS
from ..onnx.model import ExportedModel
from ..onnx.scorer import EXPLAIN
from ..onnx.session import OnnxFile, OnnxSession
from ..onnx.verification import compare, score_texts
from .files import new_folder, with_special_tokens, write_common

FILES = {"int8": "model_quantized.onnx", "float32": "model.onnx"}  # transformers.js finds the weights by these names
TOLERANCE = 1e-6  # largest difference of probabilities: it is the same network
BATCH = 16  # texts


def write(exported: ExportedModel, config: Any, folder: Path, texts: Sequence[str]) -> dict[str, float]:
    """Write the folder.

    Args:
        exported: An exported model without labels in its input.
        config: Configuration of its classifier in transformers.
        folder: Folder to write; it must not exist, or be empty.
        texts: Texts on which the scores are compared with those of the exported model.

    Returns:
        `maximum` and `mean` of the absolute differences of the probabilities.

    Raises:
        EmograinError: The folder is taken, or the scores differ.
    """
    onnx = import_optional("onnx", "export")
    model = onnx.load(exported.path / "model.onnx")
    return_logits(model)
    scorer = exported.scorer()
    with new_folder(folder) as partial:
        (partial / "onnx").mkdir()
        path = partial / "onnx" / FILES[exported.description["weights"]]
        path.write_bytes(model.SerializeToString())
        config.save_pretrained(partial)
        tokenizer = (exported.path / "tokenizer.json").read_text(encoding="utf-8")
        write_common(partial, tokenizer, exported.template, exported.taxonomy.labels, exported.thresholds)
        differences = compare(_scores(partial, path, exported, texts), score_texts(scorer, texts))
        if not differences["maximum"] <= TOLERANCE:
            raise EmograinError(f"the scores of the written network differ by {differences['maximum']:.2g}")
    return differences


def return_logits(model: Any) -> None:
    """Let an exported network return `logits` instead of probabilities, and nothing else, in place."""
    onnx = import_optional("onnx", "export")
    graph = model.graph
    sigmoid = next(node for node in graph.node if "probabilities" in node.output)
    producer = next(node for node in graph.node if sigmoid.input[0] in node.output)
    producer.output[list(producer.output).index(sigmoid.input[0])] = "logits"
    graph.node.remove(sigmoid)
    for node in [node for node in graph.node if CONTRIBUTIONS in node.output]:
        graph.node.remove(node)
    output = next(each for each in graph.output if each.name == "probabilities")
    logits = onnx.ValueInfoProto()
    logits.CopyFrom(output)
    logits.name = "logits"
    del graph.output[:]
    graph.output.append(logits)
    used = {name for node in graph.node for name in node.input} - {EXPLAIN}
    for each in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(each)


def _scores(folder: Path, path: Path, exported: ExportedModel, texts: Sequence[str]) -> np.ndarray:
    """Return probabilities (texts, labels) from the written files, without padding."""
    template = exported.template
    tokenizer = with_special_tokens(Tokenizer.from_file(str(folder / "tokenizer.json")), template)
    tokenizer.enable_truncation(template.max_document_tokens + len(template))
    tokenizer.encode_special_tokens = True
    documents = [each.ids[len(template.prefix) : -len(template.suffix)] for each in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(texts)), key=lambda at: len(documents[at]))
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    session = OnnxSession(OnnxFile(path))
    scores = np.zeros((len(texts), len(exported.taxonomy.labels)), dtype=np.float32)
    results = session.run(["logits"], lambda batch: template.assemble([documents[at] for at in batch]), batches)
    for batch, (logits,) in zip(batches, results, strict=True):
        scores[batch] = 1 / (1 + np.exp(-logits))
    return scores
