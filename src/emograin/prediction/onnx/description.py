"""The content of an exported model's model.json: the layout of its inputs, and the digests of its files."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from ...common.checks import Natural, Positive, Range
from ...common.errors import unknown_name
from ...common.files import sha256_file, sha256_json

FORMAT = 3
PRODUCER = "emograin"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


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


def describe(template: InputTemplate, files: Mapping[str, Path], **metadata: Any) -> dict[str, Any]:
    """Return the content of model.json.

    Args:
        template: The layout of the inputs.
        files: Name -> path of each file of the model, for its sha256.
        **metadata: Further entries.
    """
    digests = {name: sha256_file(path) for name, path in files.items()}
    content = {"producer": PRODUCER, "format": FORMAT, "template": asdict(template), **metadata, "files": digests}
    return content | {"sha256": own_digest(content)}


def metadata(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `describe` was given besides the files and the layout."""
    derived = ("producer", "format", "template", "files", "sha256")
    return {name: value for name, value in description.items() if name not in derived}


def describe_again(
    description: Mapping[str, Any], template: InputTemplate, folder: Path, **changed: Any
) -> dict[str, Any]:
    """Return the content of model.json after files of a model have changed.

    Args:
        description: The content before.
        template: The layout of the inputs.
        folder: Folder of its files, as they are now; optional ones may be missing.
        **changed: Entries that have changed.
    """
    kept = metadata(description)
    files = {name: folder / name for name in description["files"] if (folder / name).is_file()}
    return describe(template, files, **(kept | changed))


def own_digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content of model.json without its own digest."""
    return sha256_json({name: value for name, value in content.items() if name != "sha256"})
