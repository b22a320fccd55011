"""An exported model: its folder, and a scorer that needs only onnxruntime, tokenizers and numpy.

DIR/
  model.onnx        token tensors of any batch and length -> probabilities (batch, labels); contributions on request
  tokenizer.json    for the tokenizers library
  taxonomy.json     labels, groupings, label words
  thresholds.json   threshold policy -> one threshold per label, chosen on dev
  score_map.json    optional: from the network's scores to those of the labels (unions of labels, calibration)
  dev_scores.npz    optional: scores and gold labels of held-out texts, for the calibration of unions
  model.json        format, input template, results of the checks at export, sha256 of the other files and of itself
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ...common.checks import Natural, Positive, Range, from_values, naming, read_json
from ...common.errors import EmograinError, unknown_name
from ...common.files import sha256_file, sha256_json
from ...common.tokenizer_errors import tokenizer_errors
from ...data.batching import token_budget_batches
from ...data.taxonomy import Taxonomy
from ...evaluation import held_out_scores
from ...evaluation.held_out_scores import HeldOutScores
from ...evaluation.score_map import ScoreMap
from ...models.thresholds_file import read_thresholds
from ..attributions import WordWeights, sum_word_pieces
from .session import ModelSource, OnnxSession

FORMAT = 3
EXPORT_AGAIN = "export it again: emograin export RUN DIR"
FILES = ("model.onnx", "tokenizer.json", "taxonomy.json", "thresholds.json")
SCORE_MAP = "score_map.json"
DEV_SCORES = held_out_scores.FILE
CALIBRATION_REPORT = "calibration.json"
BATCH_TOKENS = 384  # tokens per batch, with padding: more do not fit into the caches of a core
GPU_BATCH_TOKENS = 16_384  # tokens per batch on a GPU, which smaller batches would leave idle
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
PRODUCER = "emograin"
EXPLAIN = "explain"  # name of the constant, false in the file, that switches contributions on; optional
CONTRIBUTIONS = "contributions"  # name of their output; optional


@dataclass(frozen=True)
class InputTemplate:
    """The layout of a model's inputs: a fixed prefix, the document's word pieces, a fixed suffix, padding.

    Args:
        prefix: Ids before the document: special tokens and the method's own prefix, if it has one.
        suffix: Ids after the document.
        token_type: Value of token_type_ids for the document and the suffix; 0 for the prefix.
        pad: Id of the padding token.
        max_document_tokens: Maximum number of word pieces per document; the rest is cut.
        inputs: Names of the model's inputs.
    """

    prefix: tuple[Natural, ...]
    suffix: tuple[Natural, ...]
    token_type: Annotated[int, Range(0, 1)]
    pad: Natural
    max_document_tokens: Positive
    inputs: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in self.inputs:
            if name not in INPUTS:
                raise unknown_name("model input", name, INPUTS)

    def __len__(self) -> int:
        """Return the number of tokens around a document."""
        return len(self.prefix) + len(self.suffix)

    def assemble(self, documents: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
        """Return the model's inputs by name, each (batch, tokens), int64, padded to the longest document.

        Args:
            documents: Token ids of each document.
        """
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


@dataclass(frozen=True)
class ModelDescription:
    """The content of model.json.

    Attributes:
        producer: `PRODUCER`.
        format: Version of the folder's format.
        template: The layout of the inputs.
        weights: int8 or float32.
        opset: Version of ONNX's operators.
        tolerance: Largest difference from torch that was accepted.
        explanations: Whether the model computes contributions of words.
        checked: Results of the checks at export.
        settings: Settings of the training, as they were named then.
        versions: Versions of packages at export.
        files: SHA-256 of the other files.
        sha256: SHA-256 of all other keys, by `sha256_json`.
    """

    producer: str
    format: int
    template: InputTemplate
    weights: str
    opset: Positive
    tolerance: Annotated[float, Range(0)]
    explanations: bool
    checked: dict[str, Any]
    settings: dict[str, Any]
    versions: dict[str, str]
    files: dict[str, str]
    sha256: str


class ExportedModel:
    """The folder of an exported model.

    Args:
        path: The folder.

    Attributes:
        description: The content of model.json.
        template: The layout of the inputs.
        taxonomy: The labels.
        thresholds: Threshold policy -> one threshold per label.
        digest: SHA-256 of model.json, which holds those of the other files.
        score_map: From the network's scores to those of the labels; None if they are the same.

    Raises:
        EmograinError: The folder is not an exported model or has another format, or a file is missing or was changed.
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
                "export it again with this version: emograin export RUN DIR; or scripts/add_model_digest.py",
            )
        with naming(self.path / "model.json"):
            described: ModelDescription = from_values(ModelDescription, self.description)
            if described.sha256 != _own_digest(self.description):
                raise EmograinError("the file was changed: its sha256 differs", EXPORT_AGAIN)
        optional = [name for name in (SCORE_MAP, DEV_SCORES) if name in described.files]
        for name in (*FILES, *optional):
            if described.files.get(name) != sha256_file(self._file(name)):
                raise EmograinError(
                    f"{str(self.path / name)!r} is not the file that was exported: its sha256 differs", EXPORT_AGAIN
                )
        self.template, self.digest = described.template, described.sha256
        values = self._read("taxonomy.json")
        with naming(self.path / "taxonomy.json"):
            self.taxonomy = Taxonomy.from_dict(values)
        self.thresholds = read_thresholds(self.path / "thresholds.json", len(self.taxonomy.labels))
        self.score_map = self._read_score_map() if SCORE_MAP in optional else None
        self._has_dev_scores = DEV_SCORES in optional

    @staticmethod
    def is_at(path: str | Path) -> bool:
        """Return whether a folder holds an exported model, complete or not."""
        return any((Path(path) / name).is_file() for name in ("model.json", "model.onnx"))

    def held_out_scores(self) -> HeldOutScores | None:
        """Read scores of the model's labels on held-out texts; None if the folder has none."""
        if not self._has_dev_scores:
            return None
        return HeldOutScores.from_file(self.path / DEV_SCORES, len(self.taxonomy.labels))

    def scorer(self, threads: int = 0, device: str = "cpu") -> "OnnxScorer":
        """Load the network for scoring.

        Args:
            threads: Number of threads; 0 uses all cores.
            device: cpu or cuda.
        """
        tokenizer = (self.path / "tokenizer.json").read_text(encoding="utf-8")
        return OnnxScorer(tokenizer, self.template, self._file("model.onnx"), threads, device)

    def _read_score_map(self) -> ScoreMap:
        values = self._read(SCORE_MAP)
        with naming(self.path / SCORE_MAP):
            found = ScoreMap.from_dict(values)
            if found.labels != self.taxonomy.labels:
                raise EmograinError("its labels are not those of taxonomy.json")
        return found

    def _file(self, name: str) -> Path:
        if not (self.path / name).is_file():
            raise EmograinError(f"the exported model {str(self.path)!r} has no {name}", "emograin export RUN DIR")
        return self.path / name

    def _read(self, name: str) -> Any:
        return read_json(self._file(name))


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
        self._new_session = partial(OnnxSession, ModelSource(model), threads, device=device)
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
            found = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)  # slower, but has offsets
        documents = [each.ids[: self.limit] for each in found]
        scores: dict[int, np.ndarray] = {}
        words: dict[int, WordWeights] = {}
        start = len(self.template.prefix)
        batches, outputs = self._batches(documents), ["probabilities", CONTRIBUTIONS]
        results = self.explaining_session.run(outputs, lambda batch: self._inputs(documents, batch), batches)
        for batch, (probabilities, contributions) in zip(batches, results, strict=True):
            for at, row, of_tokens in zip(batch.tolist(), probabilities, contributions, strict=True):
                of_document = of_tokens[:, start : start + len(documents[at])]  # (labels, pieces)
                scores[at] = row
                words[at] = sum_word_pieces(texts[at], found[at].offsets[: self.limit], of_document)
            on_progress(len(batch))
        order = range(len(documents))
        truncated = np.array([len(each.ids) > self.limit for each in found], dtype=bool)
        return np.array([scores[at] for at in order], dtype=np.float32), truncated, [words[at] for at in order]

    def _batches(self, documents: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """Group documents of similar length into batches of indices."""
        return token_budget_batches([len(ids) + len(self.template) for ids in documents], self._batch_tokens)

    def _inputs(self, documents: Sequence[Sequence[int]], batch: np.ndarray) -> dict[str, np.ndarray]:
        """Return the model's inputs, each (batch, tokens), for the documents with the indices `batch`."""
        return self.template.assemble([documents[at] for at in batch])

    def __call__(self, texts: Sequence[str], on_progress: Callable[[int], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities (texts, labels), float32, and whether each text was truncated (texts,), bool."""
        documents, truncated = self.tokenize(texts)
        return self.score(documents, on_progress), truncated


def describe_again(model: ExportedModel, folder: Path, **changed: Any) -> dict[str, Any]:
    """Return the content of model.json after files of a model have changed.

    Args:
        model: The model before.
        folder: Folder of its files, as they are now; optional ones may be missing.
        **changed: Entries that have changed.
    """
    derived = ("producer", "format", "template", "files", "sha256")
    kept = {name: value for name, value in model.description.items() if name not in derived}
    files = {name: folder / name for name in model.description["files"] if (folder / name).is_file()}
    return describe(model.template, files, **(kept | changed))


def describe(template: InputTemplate, files: Mapping[str, Path], **metadata: Any) -> dict[str, Any]:
    """Return the content of model.json.

    Args:
        template: The layout of the inputs.
        files: Name -> path of each file of the model, for its sha256.
        **metadata: Further entries.
    """
    digests = {name: sha256_file(path) for name, path in files.items()}
    content = {"producer": PRODUCER, "format": FORMAT, "template": asdict(template), **metadata, "files": digests}
    return content | {"sha256": _own_digest(content)}


def _own_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content of model.json without its own digest."""
    return sha256_json({name: value for name, value in content.items() if name != "sha256"})
