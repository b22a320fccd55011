"""Load a pretrained encoder and its tokenizer, from a name or a folder."""

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
from tokenizers import Tokenizer
from torch import nn

from ..common.errors import EmograinError
from .config import BUNDLED, PACKAGED
from .emoji_tokens import add_emoji_tokens, has_emoji_tokens
from .encoder_layers import keep_layers
from .run_folder import RunFolder
from .tensor_files import read_tensors

RUN_PREFIX = "method.encoder."  # of the encoder's weights in a run


@dataclass
class Encoder:
    """A transformer without heads, and its tokenizer.

    Attributes:
        model: A transformers encoder: token tensors (batch, tokens) -> `last_hidden_state` (batch, tokens, hidden).
        tokenizer: The tokenizer of the model, in which the taxonomy's placeholders are single tokens.
    """

    model: transformers.PreTrainedModel
    tokenizer: transformers.PreTrainedTokenizerBase

    @property
    def hidden(self) -> int:
        """Width of the hidden states."""
        return self.model.config.hidden_size

    @property
    def positions(self) -> int | None:
        """Maximum number of tokens of an input; None if the encoder sets no limit."""
        limit = getattr(self.model.config, "max_position_embeddings", None)
        table = getattr(getattr(self.model, "embeddings", None), "position_embeddings", None)
        # The positions of RoBERTa and MPNet start after the one of the padding.
        offset = getattr(table, "padding_idx", None)
        return limit if limit is None or offset is None else limit - offset - 1

    def on_accelerator(self) -> "Encoder":
        """Move the model to the GPU, if there is one, and return the encoder."""
        if torch.cuda.is_available():
            nn.Module.to(self.model, "cuda")
        return self

    def save(self, folder: Path) -> None:
        """Save the configuration and the tokenizer, from which `rebuild` builds the encoder; no weights.

        Raises:
            OSError: The disk is full, or the folder cannot be written to.
        """
        self.model.config.save_pretrained(folder)
        try:
            self.tokenizer.save_pretrained(folder)
        except OSError:
            raise
        except Exception as error:  # how the tokenizers library reports an I/O error
            raise OSError(str(error)) from error


def load(
    name: str,
    placeholders: Sequence[str] = (),
    dropout: float | None = None,
    emoji: bool = False,
    layers: int | None = None,
) -> Encoder:
    """Load a pretrained encoder in float32, without its pooler, with SDPA attention where transformers has it.

    Args:
        name: A key of `config.PACKAGED`, a folder that transformers can read, a name on the Hugging Face hub, or a run
            folder, for its fine-tuned encoder.
        placeholders: Strings to add as one token each; the embedding of a new token is initialized with the mean of
            its word's pieces.
        dropout: Dropout rate that replaces every one of the encoder; None leaves them.
        emoji: Add a token for each emoji, unless it has them, and read emoticons as emoji.
        layers: Number of layers to keep, see `keep_layers`; None keeps all.

    Raises:
        EmograinError: The encoder cannot be found or read, or its tokenizer cannot be extended by emoji, or it has
            fewer layers.
    """
    run = RunFolder(name)
    loaded = _of_run(run, dropout) if run.exists else _pretrained(name, dropout)
    if layers is not None:
        keep_layers(loaded.model, layers)
    _add_placeholders(loaded.model, loaded.tokenizer, placeholders)
    if emoji and not has_emoji_tokens(loaded.tokenizer):
        add_emoji_tokens(loaded.model, loaded.tokenizer)
    return loaded


def _pretrained(name: str, dropout: float | None) -> Encoder:
    """Load an encoder as it was published."""
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
            f"cannot load encoder {name!r}: {reason}",
            f"a folder, a run, an exported model, a name on the hub, or one of: {', '.join([*PACKAGED, BUNDLED])}",
        ) from error
    return Encoder(_remove_pooler(model), tokenizer)


def rebuild(folder: Path, dropout: float | None = None) -> Encoder:
    """Build the encoder saved by `Encoder.save`, with random weights; the caller loads the weights.

    Args:
        folder: Folder of the description.
        dropout: As for `load`.

    Raises:
        EmograinError: The folder holds no configuration of an encoder.
    """
    try:
        with quiet():
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
            _restore_normalizer(tokenizer, folder)
            config = transformers.AutoConfig.from_pretrained(folder)
            _set_dropout(config, dropout)
            model = transformers.AutoModel.from_config(config, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise EmograinError(f"cannot read the encoder's description in {str(folder)!r}: {error}") from error
    return Encoder(_remove_pooler(model), tokenizer)


def _restore_normalizer(tokenizer: transformers.PreTrainedTokenizerBase, folder: Path) -> None:
    """Read a fast tokenizer's normalizer; transformers builds it anew, from the configuration."""
    if tokenizer.is_fast:
        saved = Tokenizer.from_file(str(folder / "tokenizer.json")).normalizer
        tokenizer.backend_tokenizer.normalizer = saved


def _of_run(run: RunFolder, dropout: float | None) -> Encoder:
    """Load the fine-tuned encoder of a run, without its heads."""
    run.check_files()
    loaded = rebuild(run.encoder, dropout)
    tensors, _ = read_tensors(run.weights)
    weights = {name.removeprefix(RUN_PREFIX): each for name, each in tensors.items() if name.startswith(RUN_PREFIX)}
    try:
        loaded.model.load_state_dict(weights)
    except RuntimeError:
        raise EmograinError(f"{str(run.weights)!r} holds the weights of another encoder") from None
    return loaded


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


def _remove_pooler(model: transformers.PreTrainedModel) -> transformers.PreTrainedModel:
    # No method uses the pooler, and distributed training fails on parameters without a gradient.
    if getattr(model, "pooler", None) is not None:
        setattr(model, "pooler", None)  # noqa: B010 - a plain assignment contradicts the declared type
    return model


def _add_placeholders(
    model: transformers.PreTrainedModel, tokenizer: transformers.PreTrainedTokenizerBase, placeholders: Sequence[str]
) -> None:
    known = tokenizer.get_vocab()
    pieces = {
        word: tokenizer(word.strip("[]<>{}"), add_special_tokens=False)["input_ids"]
        for word in placeholders
        if word not in known  # a token of the pretrained encoder has a trained embedding
    }
    # normalized=False: otherwise an uncased tokenizer, which lowercases first, would never find them.
    tokenizer.add_tokens([transformers.AddedToken(word, normalized=False) for word in placeholders])
    if len(tokenizer) > cast(nn.Embedding, model.get_input_embeddings()).num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    table = cast(nn.Embedding, model.get_input_embeddings()).weight.data
    for word, ids in pieces.items():
        if ids:
            table[tokenizer.convert_tokens_to_ids(word)] = table[ids].mean(dim=0)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the progress bars of transformers and its report on unused heads, which are left out on purpose."""
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
    """Return the SHA-256 of a model's weights, which differs between two fine-tunings of one encoder."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()
