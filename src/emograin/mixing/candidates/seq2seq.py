"""Sequence-to-sequence models such as T5, BART and Marian: load them and generate text."""

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

BATCH = 32  # texts per batch of the model, each with its beams
MAX_TOKENS = 256  # of an input and of an output; the paper truncates documents to 50


@dataclass
class Seq2Seq:
    """A sequence-to-sequence model and its tokenizer.

    Attributes:
        model: Model of transformers.
        tokenizer: Tokenizer of transformers.
        prefix: String prepended to every text.
    """

    model: Any
    tokenizer: Any
    prefix: str = ""

    def generate(self, texts: Sequence[str], beams: int, top: int) -> list[list[str]]:
        """Generate texts by beam search, which is deterministic.

        Args:
            texts: Input texts.
            beams: Number of beams.
            top: Number of outputs per text, at most `beams`.

        Returns:
            The `top` likeliest outputs of each text, the best first.
        """
        import torch

        outputs: list[list[str]] = [[] for _ in texts]
        for batch in inference_batches([len(text) for text in texts], BATCH):
            inputs = self.tokenizer(
                [self.prefix + texts[at] for at in batch],
                padding=True,
                truncation=True,
                max_length=self.max_tokens,
                return_tensors="pt",
            ).to(self.model.device)
            with torch.inference_mode():
                generated = self.model.generate(
                    input_ids=inputs["input_ids"],
                    attention_mask=inputs["attention_mask"],
                    do_sample=False,
                    num_beams=beams,
                    num_return_sequences=top,
                    max_new_tokens=self.max_tokens,
                )
            decoded = self.tokenizer.batch_decode(generated, skip_special_tokens=True)
            for position, row in enumerate(batch):
                outputs[row] = decoded[position * top : (position + 1) * top]
        return outputs

    @property
    def max_tokens(self) -> int:
        """Largest number of tokens of an input and of an output; fewer if the model has fewer positions."""
        return min(MAX_TOKENS, getattr(self.model.config, "max_position_embeddings", None) or MAX_TOKENS)

    @property
    def metadata(self) -> dict[str, Any]:
        """Model, generation settings and library versions, as JSON values."""
        config, generation = self.model.config, self.model.generation_config.to_diff_dict()
        return {
            "model_type": config.model_type,
            "revision": getattr(config, "_commit_hash", None),
            "prefix": self.prefix,
            "tokens": self.max_tokens,
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
        EmograinError: `beams` is less than `top`.
    """
    if settings.beams < settings.top:
        raise EmograinError(
            f"beams must be at least top, got {settings.beams} beams for {settings.top} candidates",
            "more beams, or fewer candidates",
        )


def identify(name: str) -> dict[str, str]:
    """Return a model's name and, for a folder, whose content may change, the SHA-256 of its files.

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
    """Load a model and its tokenizer, in float32, on the accelerator if available. Pickled weights are refused.

    Args:
        name: Name on the Hugging Face hub, or folder in the format of transformers.
        prefixes: Model type -> string prepended to every text; other types have no prefix.

    Raises:
        EmograinError: The model cannot be found or read, or is not a sequence-to-sequence model.
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
        if find_spec("sentencepiece") is None:  # transformers may name another package as missing
            hint += "; many of these models need sentencepiece: pip install 'emograin[paraphrase]'"
        raise EmograinError(f"cannot load sequence-to-sequence model {name!r}: {reason}", hint) from error
    model.generation_config.max_length = None  # conflicts with max_new_tokens
    device = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else "cpu"
    return Seq2Seq(model.eval().to(device), tokenizer, (prefixes or {}).get(model.config.model_type, ""))
