"""A folder for `transformers.pipeline("text-classification", DIR, top_k=None)`, checked before it appears.

DIR/
  config.json            encoder, architecture, labels, problem_type
  model.safetensors      weights, float32
  tokenizer.json         with emoji and special tokens; tokenizer_config.json, special_tokens_map.json
  thresholds.json        threshold policy -> label -> threshold; not read by transformers
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import transformers

from ...common.errors import EmograinError
from ...models.encoder import quiet
from ...models.methods import Method
from ...models.scoring import score_documents
from ..onnx.export import input_template, serialize_tokenizer
from ..onnx.verification import compare
from .files import Thresholds, new_folder, write_common
from .heads import sequence_classifier

TOLERANCE = 1e-5  # largest difference between transformers' probabilities and the method's
BATCH = 64  # texts


def write(method: Method, thresholds: Thresholds, folder: Path, texts: Sequence[str]) -> dict[str, float]:
    """Write the folder.

    Args:
        method: A trained baseline, in evaluation mode, on the CPU.
        thresholds: Threshold policy -> one threshold per label.
        folder: Folder to write; it must not exist, or be empty.
        texts: Texts on which transformers' scores are compared with the method's.

    Returns:
        `maximum` and `mean` of the absolute differences of the probabilities.

    Raises:
        EmograinError: The method or its encoder has no equal among transformers' classifiers, or the folder is taken.
    """
    model = sequence_classifier(method)
    template, tokenizer = input_template(method), serialize_tokenizer(method)
    expected = score_documents(method, method.tokenize(texts))
    with new_folder(folder) as partial:
        with quiet():
            model.save_pretrained(partial)
        weights = partial / "model.safetensors"  # safetensors makes the file readable by its owner only
        weights.chmod((partial / "config.json").stat().st_mode)
        write_common(partial, tokenizer, template, method.taxonomy.labels, thresholds)
        differences = compare(read_scores(partial, texts), expected)
        if not differences["maximum"] <= TOLERANCE:
            raise EmograinError(
                f"transformers' scores differ by {differences['maximum']:.2g} from the model's, expected at most "
                f"{TOLERANCE:g}",
                "--format onnx",
            )
    return differences


@torch.inference_mode()
def read_scores(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """Return probabilities (texts, labels) as transformers computes them from a folder, cut to the model's limit."""
    with quiet():
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    scores = np.zeros((len(texts), model.config.num_labels), dtype=np.float32)
    order = np.argsort([len(text) for text in texts], kind="stable")
    for start in range(0, len(texts), BATCH):
        batch = order[start : start + BATCH]
        inputs = tokenizer([texts[index] for index in batch], truncation=True, padding=True, return_tensors="pt")
        scores[batch] = model(**inputs).logits.sigmoid().numpy()
    return scores
