"""Read emoji as single tokens, whose embeddings start as the mean of the words that describe them."""

from typing import Any, cast

import torch
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, normalizers
from torch import nn

from ..common.errors import EmograinError
from ..data.emoji import FOLDING, all_emoji


def add_emoji_tokens(model: transformers.PreTrainedModel, tokenizer: transformers.PreTrainedTokenizerBase) -> None:
    """Extend an encoder and its tokenizer by all emoji, in place.

    The embedding of a new token is the mean over the word pieces of the words that describe the emoji.

    Raises:
        EmograinError: The tokenizer is written in Python.
    """
    if not tokenizer.is_fast:
        name = type(tokenizer).__name__
        raise EmograinError(f"{name} cannot read emoji: it is not a tokenizer of the tokenizers library", "--no-emoji")
    known = set(tokenizer.get_vocab())  # a token of the pretrained encoder has a trained embedding
    new = [emoji for emoji in all_emoji() if emoji.text not in known]
    pieces = tokenizer([emoji.words for emoji in new], add_special_tokens=False)["input_ids"]
    extend_tokenizer(tokenizer.backend_tokenizer)
    if len(tokenizer) > cast(nn.Embedding, model.get_input_embeddings()).num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    table = cast(nn.Embedding, model.get_input_embeddings()).weight.data
    for emoji, ids in zip(new, pieces, strict=True):
        table[tokenizer.convert_tokens_to_ids(emoji.text)] = table[torch.tensor(ids)].mean(dim=0)


def has_emoji_tokens(tokenizer: transformers.PreTrainedTokenizerBase) -> bool:
    """Return whether all emoji are tokens already, as in the encoder of a run."""
    return {emoji.text for emoji in all_emoji()} <= tokenizer.get_vocab().keys()


def extend_tokenizer(tokenizer: Tokenizer) -> None:
    """Add all emoji; read emoticons as emoji; ignore skin tones and genders; shorten runs of one emoji to two."""
    rules: list[Any] = [normalizers.Replace(Regex(pattern), replacement) for pattern, replacement in FOLDING.items()]
    tokenizer.normalizer = normalizers.Sequence([*rules, *([tokenizer.normalizer] if tokenizer.normalizer else [])])
    # As added tokens they are found anywhere in a word, after the normalizer.
    tokenizer.add_tokens([AddedToken(emoji.text, normalized=True) for emoji in all_emoji()])
