"""Score texts with an exported model: needs only onnxruntime, tokenizers and numpy."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from ...common.tokenizer_errors import tokenizer_errors
from ...data.batching import token_budget_batches
from ..attributions import WordWeights, sum_word_pieces
from .description import InputTemplate
from .session import OnnxFile, OnnxSession

BATCH_TOKENS = 384  # tokens per batch, with padding: more do not fit into the caches of a core
GPU_BATCH_TOKENS = 16_384  # tokens per batch on a GPU, which smaller batches would leave idle
EXPLAIN = "explain"  # name of the constant, false in the file, that switches contributions on; optional
CONTRIBUTIONS = "contributions"  # name of their output; optional


class OnnxScorer:
    """Scores texts with an exported model; the `Scorer` of a `Predictor`.

    Args:
        tokenizer: The content of tokenizer.json.
        template: The layout of the inputs.
        model: model.onnx, as a path or as bytes.
        threads: Number of threads; 0 uses all cores.
        device: cpu or cuda.

    Attributes:
        limit: Maximum number of word pieces per document.
        explains: Whether the model was exported with contributions of tokens to labels.

    Raises:
        EmograinError: ONNX Runtime cannot read the model, or the tokenizers library the tokenizer.
    """

    def __init__(
        self, tokenizer: str, template: InputTemplate, model: Path | bytes, threads: int = 0, device: str = "cpu"
    ):
        from tokenizers import Tokenizer

        self.template = template
        self.limit = template.max_document_tokens
        with tokenizer_errors():
            self.tokenizer = Tokenizer.from_str(tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.limit + 1)  # one more, to recognise truncated texts
        self.tokenizer.encode_special_tokens = True  # the characters "[SEP]" in a text are not the special token
        self._batch_tokens = BATCH_TOKENS if device == "cpu" else GPU_BATCH_TOKENS
        self._new_session = partial(OnnxSession, OnnxFile(model), threads, device=device)
        self.session = self._new_session()
        self.explains = CONTRIBUTIONS in self.session.outputs

    @cached_property
    def explaining_session(self) -> OnnxSession:
        """A session that also computes contributions."""
        return self._new_session({EXPLAIN: np.array(True)})

    def tokenize(self, texts: Sequence[str]) -> tuple[list[list[int]], np.ndarray]:
        """Return the ids of each text's first `limit` word pieces, and whether it was truncated (texts,), bool.

        Raises:
            EmograinError: The tokenizer cannot read a text.
        """
        with tokenizer_errors():
            found = [each.ids for each in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        return [ids[: self.limit] for ids in found], np.array([len(ids) > self.limit for ids in found], dtype=bool)

    def score(
        self, documents: Sequence[Sequence[int]], on_progress: Callable[[int], Any] = lambda _: None
    ) -> np.ndarray:
        """Score documents in batches of similar length.

        Args:
            documents: Token ids from `tokenize`.
            on_progress: Called with the number of texts scored, after each batch.

        Returns:
            Probabilities (texts, labels), float32; (0, 0) without documents.
        """
        scores: np.ndarray | None = None
        batches = self._batches(documents)
        results = self.session.run(["probabilities"], lambda batch: self._inputs(documents, batch), batches)
        for batch, (probabilities,) in zip(batches, results, strict=True):
            if scores is None:
                scores = np.empty((len(documents), probabilities.shape[1]), dtype=np.float32)
            scores[batch] = probabilities
            on_progress(len(batch))
        return np.zeros((0, 0), dtype=np.float32) if scores is None else scores

    def explain(
        self, texts: Sequence[str], on_progress: Callable[[int], Any] = lambda _: None
    ) -> tuple[np.ndarray, np.ndarray, list[WordWeights]]:
        """Score texts and attribute each label's logit to their words, in one pass.

        Args:
            texts: The texts.
            on_progress: Called with the number of texts scored, after each batch.

        Returns:
            Probabilities (texts, labels), float32; whether each text was truncated (texts,), bool; the weights of each
            text's words.
        """
        with tokenizer_errors():
            encodings = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)  # slower, but has offsets
        documents = [each.ids[: self.limit] for each in encodings]
        scores: dict[int, np.ndarray] = {}
        words: dict[int, WordWeights] = {}
        start = len(self.template.prefix)
        batches, outputs = self._batches(documents), ["probabilities", CONTRIBUTIONS]
        results = self.explaining_session.run(outputs, lambda batch: self._inputs(documents, batch), batches)
        for batch, (probabilities, contributions) in zip(batches, results, strict=True):
            for at, row, of_tokens in zip(batch.tolist(), probabilities, contributions, strict=True):
                of_document = of_tokens[:, start : start + len(documents[at])]  # (labels, pieces)
                scores[at] = row
                words[at] = sum_word_pieces(texts[at], encodings[at].offsets[: self.limit], of_document)
            on_progress(len(batch))
        order = range(len(documents))
        truncated = np.array([len(each.ids) > self.limit for each in encodings], dtype=bool)
        return np.array([scores[at] for at in order], dtype=np.float32), truncated, [words[at] for at in order]

    def _batches(self, documents: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Group documents of similar length into batches of indices."""
        return token_budget_batches([len(ids) + len(self.template) for ids in documents], self._batch_tokens)

    def _inputs(self, documents: Sequence[Sequence[int]], batch: np.ndarray) -> dict[str, np.ndarray]:
        """Return the model's inputs, each (batch, tokens), for the documents with the indices `batch`."""
        return self.template.assemble([documents[at] for at in batch])
