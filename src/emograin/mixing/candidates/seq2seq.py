"""A sequence-to-sequence model, which writes sentences from sentences: T5, BART, Marian; from a name or a folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...common.errors import EmograinError
from ...common.files import sha256_file, sha256_json
from ...common.optional import import_optional
from ...data.batching import inference_batches
from ..config import Mixing

BATCH = 32  # texts that go through the model at once, each with its beams
TOKENS = 256  # read of a text, and written, at most; the paper reads 50 of a document


@dataclass
class Seq2Seq:
    """A model that generates, its tokenizer, and what goes in front of every text."""

    model: Any
    tokenizer: Any
    prefix: str = ""

    def generate(self, texts: Sequence[str], beams: int, count: int) -> list[list[str]]:
        """Texts -> for each the `count` likeliest of `beams` beams, the best first, in the order of the texts.

        Beams, not samples: the same texts always give the same.
        """
        import torch

        written: list[list[str]] = [[] for _ in texts]
        for batch in inference_batches([len(text) for text in texts], BATCH):
            inputs = self.tokenizer(
                [self.prefix + texts[at] for at in batch],
                padding=True,
                truncation=True,
                max_length=self.tokens,
                return_tensors="pt",
            ).to(self.model.device)
            with torch.inference_mode():
                found = self.model.generate(
                    input_ids=inputs["input_ids"],
                    attention_mask=inputs["attention_mask"],
                    do_sample=False,
                    num_beams=beams,
                    num_return_sequences=count,
                    max_new_tokens=self.tokens,
                )
            decoded = self.tokenizer.batch_decode(found, skip_special_tokens=True)
            for place, at in enumerate(batch):
                written[at] = decoded[place * count : (place + 1) * count]
        return written

    @property
    def tokens(self) -> int:
        """Tokens that are read and written at most: fewer where the model has fewer positions."""
        return min(TOKENS, getattr(self.model.config, "max_position_embeddings", None) or TOKENS)

    @property
    def facts(self) -> dict[str, Any]:
        """What it is, as JSON-able values, with the settings of its own that generation follows."""
        config, generation = self.model.config, self.model.generation_config.to_diff_dict()
        return {
            "model_type": config.model_type,
            "revision": getattr(config, "_commit_hash", None),
            "prefix": self.prefix,
            "tokens": self.tokens,
            "do_sample": False,
            "generation_config": {name: generation[name] for name in generation if name != "transformers_version"},
            **{
                name: str(import_optional(name, "train").__version__)
                for name in ("torch", "transformers", "tokenizers")
            },
        }


def check_beams(settings: Mixing) -> None:
    """Refuse fewer beams than candidates.

    Raises:
        EmograinError: There are fewer.
    """
    if settings.beams < settings.count:
        raise EmograinError(
            f"beams must be at least count, got {settings.beams} beams for {settings.count} candidates",
            "more beams, or fewer candidates",
        )


def identity(name: str) -> dict[str, str]:
    """What tells a model from others: its name; of a folder, which may change, also a sha256 of its files.

    Raises:
        EmograinError: The folder cannot be read.
    """
    folder = Path(name)
    if not folder.is_dir():
        return {"model": name}
    try:
        digests = {path.name: sha256_file(path) for path in folder.iterdir() if path.is_file()}
    except OSError as error:
        raise EmograinError(f"cannot read {str(error.filename)!r}: {error.strerror}") from None
    return {"model": name, "sha256": sha256_json(digests)}


def load(name: str, prefixes: Mapping[str, str] | None = None) -> Seq2Seq:
    """A model and its tokenizer, in float32, on the accelerator if there is one. Pickled weights are not read.

    Args:
        name: A name on the Hugging Face hub, or a folder that transformers can read.
        prefixes: What goes in front of every text, by the model's type; nothing for other types.

    Raises:
        EmograinError: The model cannot be found or read, or is of another kind.
    """
    torch, transformers = import_optional("torch", "train"), import_optional("transformers", "train")
    from safetensors import SafetensorError

    from ...models.encoder import quiet

    try:
        with quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(name)
            model = transformers.AutoModelForSeq2SeqLM.from_pretrained(name, dtype=torch.float32, use_safetensors=True)
    except (OSError, ValueError, KeyError, ImportError, SafetensorError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        hint = "a name on the hub, or a folder with weights as safetensors"
        if find_spec("sentencepiece") is None:  # for whose absence transformers may blame another package
            hint += "; many of these models need sentencepiece: pip install 'emograin[paraphrase]'"
        raise EmograinError(f"cannot load sequence-to-sequence model {name!r}: {reason}", hint) from error
    model.generation_config.max_length = None  # it would contradict the tokens that we allow
    device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
    return Seq2Seq(model.eval().to(device), tokenizer, (prefixes or {}).get(model.config.model_type, ""))
