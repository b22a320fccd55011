"""The files that all formats share: the tokenizer's and the thresholds; and a folder that appears when complete."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tokenizers import Tokenizer, processors

from ...common.errors import EmograinError
from ...common.files import disk_errors
from ..onnx.description import InputTemplate
from ..onnx.read_back import special_tokens

Thresholds = Mapping[str, Sequence[float]]


def require_new(folder: Path) -> None:
    """Raise an error if a folder exists and is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EmograinError(f"{str(folder)!r} exists and is not empty", "name a new folder")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder to write into; it becomes `folder` at the end, unless there was an error.

    Raises:
        EmograinError: The folder exists and is not empty, or cannot be written.
    """
    require_new(folder)
    with disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
            made = Path(scratch) / "folder"
            made.mkdir()
            yield made
            if folder.exists():
                folder.rmdir()
            made.rename(folder)


def write_common(
    folder: Path, tokenizer: str, template: InputTemplate, labels: Sequence[str], thresholds: Thresholds
) -> None:
    """Write the tokenizer's files and the thresholds.

    Args:
        folder: Where to write.
        tokenizer: Content of tokenizer.json.
        template: The layout of the inputs.
        labels: Names of the scores.
        thresholds: Threshold policy -> one threshold per label.
    """
    made = with_special_tokens(Tokenizer.from_str(tokenizer), template)
    (folder / "tokenizer.json").write_text(made.to_str(), encoding="utf-8")
    named = {policy: dict(zip(labels, values, strict=True)) for policy, values in thresholds.items()}
    write_json(folder / "thresholds.json", named)
    special = special_tokens(made, template)
    write_json(folder / "special_tokens_map.json", special)
    config = {
        # The class that reads tokenizer.json as it is. That of the encoder builds its normalizer anew, without emoji.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": template.max_document_tokens + len(template),
        "model_input_names": list(template.inputs),
        "split_special_tokens": True,  # the characters "[SEP]" in a text are not the special token
        "clean_up_tokenization_spaces": False,
        "padding_side": "right",
    }
    write_json(folder / "tokenizer_config.json", config | special)


def with_special_tokens(tokenizer: Tokenizer, template: InputTemplate) -> Tokenizer:
    """Return a tokenizer that puts the special tokens around a text by itself, and neither pads nor truncates."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if tokenizer.encode("").ids != [*template.prefix, *template.suffix]:
        first, last = (tokenizer.id_to_token(at) for at in (template.prefix[0], template.suffix[-1]))
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[first, "$A", last], special_tokens=[(first, template.prefix[0]), (last, template.suffix[-1])]
        )
    return tokenizer


def write_json(path: Path, value: object) -> None:
    """Write a JSON file."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
