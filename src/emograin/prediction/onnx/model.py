"""An exported model: its folder, and a scorer that needs onnxruntime, tokenizers and numpy only.

DIR/
  model.onnx        token tensors of any batch and length -> probabilities (batch, labels); where asked, contributions
  tokenizer.json    for the tokenizers library
  taxonomy.json     labels, groupings, words
  thresholds.json   each policy's, chosen on dev
  model.json        format, how a document becomes token tensors, what was checked at export, sha256 of the other files
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import EmograinError
from ...common.files import sha256_file
from ...data.batching import batches_of_tokens
from ...data.taxonomy import Taxonomy
from ..attributions import WordWeights, word_weights
from .session import NetworkFile, OnnxNetwork

FORMAT = 2
FILES = ("model.onnx", "tokenizer.json", "taxonomy.json", "thresholds.json")
BATCH_TOKENS = 384  # what goes through the network at once: more does not fit into the caches of a core
PRODUCER = "emograin"
EXPLAIN = "explain"  # the constant that asks for contributions, false in the file; a network may have none
CONTRIBUTIONS = "contributions"  # the output that has them


@dataclass(frozen=True)
class InputTemplate:
    """How a document's word pieces become the network's inputs: a fixed prefix and suffix, then padding.

    Args:
        prefix: Ids in front of the document: the special tokens and, where the method has one, the prefix.
        suffix: Ids after it.
        token_type: Value of token_type_ids for the document and the suffix; 0 for the prefix.
        pad: Id of the padding.
        max_document_tokens: Word pieces of the document that are read.
        inputs: The network's inputs, by name.
    """

    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    token_type: int
    pad: int
    max_document_tokens: int
    inputs: tuple[str, ...]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "InputTemplate":
        """A template from the values of `dataclasses.asdict`, as JSON holds them."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**given)

    def __len__(self) -> int:
        """Tokens that stand around a document."""
        return len(self.prefix) + len(self.suffix)

    def assemble(self, documents: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
        """Ids of documents -> the network's inputs, each (batch, tokens), int64, padded to the longest document."""
        front, width = len(self.prefix), max(map(len, documents)) + len(self)
        tokens = np.full((len(documents), width), self.pad, dtype=np.int64)
        tokens[:, :front] = self.prefix
        mask, segments = np.zeros_like(tokens), np.zeros_like(tokens)
        for row, document in enumerate(documents):
            end = front + len(document)
            tokens[row, front:end] = document
            tokens[row, end : end + len(self.suffix)] = self.suffix
            mask[row, : end + len(self.suffix)] = 1
            segments[row, front : end + len(self.suffix)] = self.token_type
        made = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": segments}
        return {name: made[name] for name in self.inputs}


class ExportedModel:
    """Reads an exported model's folder.

    Args:
        path: The folder.

    Attributes:
        description: What model.json holds.
        template: How inputs are made.
        taxonomy: The labels.
        thresholds: Policy -> a threshold a label.

    Raises:
        EmograinError: It is no exported model, one of another version, or a file is missing or was changed.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.description = self._read("model.json")
        found = self.description.get("format") if isinstance(self.description, dict) else None
        if not isinstance(self.description, dict) or self.description.get("producer") != PRODUCER:
            raise EmograinError(f"{str(self.path / 'model.json')!r} does not describe an exported model")
        if found != FORMAT:
            raise EmograinError(
                f"{str(self.path)!r} is an exported model of format {found!r}, expected {FORMAT}",
                "export it again with this version: emograin export RUN DIR",
            )
        for name in FILES:
            if self.description["files"].get(name) != sha256_file(self._file(name)):
                raise EmograinError(
                    f"{str(self.path / name)!r} is not the file that was exported: its sha256 differs",
                    "export it again: emograin export RUN DIR",
                )
        self.template = InputTemplate.from_dict(self.description["template"])
        self.taxonomy = Taxonomy.from_dict(self._read("taxonomy.json"))
        self.thresholds: dict[str, list[float]] = self._read("thresholds.json")

    @staticmethod
    def is_at(path: str | Path) -> bool:
        """Whether a folder holds an exported model, whole or not."""
        return any((Path(path) / name).is_file() for name in ("model.json", "model.onnx"))

    def scorer(self, threads: int = 0) -> "OnnxScorer":
        """What scores texts, on so many threads; 0 takes all cores."""
        tokenizer = (self.path / "tokenizer.json").read_text(encoding="utf-8")
        return OnnxScorer(tokenizer, self.template, self._file("model.onnx"), threads)

    def _file(self, name: str) -> Path:
        if not (self.path / name).is_file():
            raise EmograinError(f"the exported model {str(self.path)!r} has no {name}", "emograin export RUN DIR")
        return self.path / name

    def _read(self, name: str) -> Any:
        path = self._file(name)
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            raise EmograinError(f"cannot read {str(path)!r}: {error}") from None


class OnnxScorer:
    """Scores texts with an exported network, as `Predictor` asks for it.

    Args:
        tokenizer: The content of tokenizer.json.
        template: How inputs are made.
        network: model.onnx, as a path or as bytes.
        threads: How many work at once; 0 takes all cores.

    Attributes:
        explains: Whether the network tells what word pieces add to labels; it was exported with that, or not.

    Raises:
        EmograinError: The network cannot be read.
    """

    def __init__(self, tokenizer: str, template: InputTemplate, network: Path | bytes, threads: int = 0):
        from tokenizers import Tokenizer

        self.template = template
        self.limit = template.max_document_tokens
        self.tokenizer = Tokenizer.from_str(tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.limit + 1)  # one more, to tell which texts are cut
        self.tokenizer.encode_special_tokens = True  # a text that spells "[SEP]" is read as those characters
        self._start = partial(OnnxNetwork, NetworkFile(network), threads)
        self.network = self._start()
        self.explains = CONTRIBUTIONS in self.network.outputs

    @cached_property
    def explaining(self) -> OnnxNetwork:
        """The network when it computes contributions as well."""
        return self._start({EXPLAIN: np.array(True)})

    def tokenize(self, texts: Sequence[str]) -> tuple[list[list[int]], np.ndarray]:
        """Texts -> ids of their first `limit` word pieces, and whether there were more (texts,), bool."""
        found = [each.ids for each in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        return [ids[: self.limit] for ids in found], np.array([len(ids) > self.limit for ids in found], dtype=bool)

    def score(
        self, documents: Sequence[Sequence[int]], on_progress: Callable[[int], Any] = lambda _: None
    ) -> np.ndarray:
        """Ids from `tokenize` -> probabilities (texts, labels), float32, in batches of like length."""
        scores: np.ndarray | None = None
        batches = self._batches(documents)
        results = self.network.run(["probabilities"], lambda batch: self._inputs(documents, batch), batches)
        for batch, (found,) in zip(batches, results, strict=True):
            if scores is None:
                scores = np.empty((len(documents), found.shape[1]), dtype=np.float32)
            scores[batch] = found
            on_progress(len(batch))
        return np.zeros((0, 0), dtype=np.float32) if scores is None else scores

    def explain(
        self, texts: Sequence[str], on_progress: Callable[[int], Any] = lambda _: None
    ) -> tuple[np.ndarray, np.ndarray, list[WordWeights]]:
        """Texts -> what calling gives, and how much each word carried each label, all in one pass."""
        found = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)  # slower: it keeps places
        documents = [each.ids[: self.limit] for each in found]
        scores: dict[int, np.ndarray] = {}
        words: dict[int, WordWeights] = {}
        front = len(self.template.prefix)
        batches, outputs = self._batches(documents), ["probabilities", CONTRIBUTIONS]
        results = self.explaining.run(outputs, lambda batch: self._inputs(documents, batch), batches)
        for batch, (probabilities, contributions) in zip(batches, results, strict=True):
            for at, row, parts in zip(batch.tolist(), probabilities, contributions, strict=True):
                document = parts[:, front : front + len(documents[at])]
                scores[at] = row
                words[at] = word_weights(texts[at], found[at].offsets[: self.limit], document)
            on_progress(len(batch))
        order = range(len(documents))
        cut = np.array([len(each.ids) > self.limit for each in found], dtype=bool)
        return np.array([scores[at] for at in order], dtype=np.float32), cut, [words[at] for at in order]

    def _batches(self, documents: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Which documents go together: those of like length."""
        return batches_of_tokens([len(ids) + len(self.template) for ids in documents], BATCH_TOKENS)

    def _inputs(self, documents: Sequence[Sequence[int]], batch: np.ndarray) -> dict[str, np.ndarray]:
        return self.template.assemble([documents[at] for at in batch])

    def __call__(self, texts: Sequence[str], on_progress: Callable[[int], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Texts -> scores (texts, labels), float32, and whether a text was cut (texts,), bool."""
        documents, cut = self.tokenize(texts)
        return self.score(documents, on_progress), cut


def describe(template: InputTemplate, files: Mapping[str, Path], **facts: Any) -> dict[str, Any]:
    """What model.json holds: the format, the template, facts of the export, and each file's sha256."""
    digests = {name: sha256_file(path) for name, path in files.items()}
    return {"producer": PRODUCER, "format": FORMAT, "template": asdict(template), **facts, "files": digests}
