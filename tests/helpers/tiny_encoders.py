"""Tiny random encoders of every tokenizer family: 2 layers, hidden size 16, at most 128 tokens."""

import json
import re
from collections.abc import Callable, Sequence

import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

Built = tuple[transformers.PreTrainedModel, transformers.PreTrainedTokenizerBase]


def _word_pieces(texts: Sequence[str], special: list[str]) -> dict[str, int]:
    """Build a vocabulary of the words, some suffixes and all printable characters; labels consist of the last two."""
    words = sorted({word for text in texts for word in re.findall("[a-z]+", text.lower())})
    characters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = [*special, *characters, *(f"##{character}" for character in characters), "##er", "##ous", "##ness", *words]
    return {piece: at for at, piece in enumerate(dict.fromkeys(pieces))}


def _byte_level(texts: Sequence[str], special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=330, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _sizes(tokenizer: transformers.PreTrainedTokenizerBase, positions: int = 128) -> dict[str, int]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": positions,
        "pad_token_id": tokenizer.pad_token_id,
    }


def _bert(texts: Sequence[str]) -> Built:
    """BERT: uncased word pieces, segment ids."""
    vocabulary = _word_pieces(texts, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer = transformers.BertTokenizer(vocab=vocabulary)
    return transformers.BertModel(transformers.BertConfig(**_sizes(tokenizer))), tokenizer


def _roberta(texts: Sequence[str]) -> Built:
    """RoBERTa: byte-level BPE, two separators between segments, no segment ids, positions offset by 2."""
    trained = _byte_level(texts, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    merges = [tuple(pair) for pair in json.loads(trained.to_str())["model"]["merges"]]
    tokenizer = transformers.RobertaTokenizer(vocab=trained.get_vocab(), merges=merges)
    config = transformers.RobertaConfig(**_sizes(tokenizer, positions=130), type_vocab_size=1)
    return transformers.RobertaModel(config), tokenizer


def _mpnet(texts: Sequence[str]) -> Built:
    """MPNet: word pieces, two separators between segments, relative and absolute positions."""
    vocabulary = _word_pieces(texts, ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"])
    tokenizer = transformers.MPNetTokenizer(vocab=vocabulary)
    return transformers.MPNetModel(transformers.MPNetConfig(**_sizes(tokenizer, positions=130))), tokenizer


def _modernbert(texts: Sequence[str]) -> Built:
    """ModernBERT: byte-level BPE, rotary positions, local attention in every other layer, no pooler."""
    trained = _byte_level(texts, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    trained.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(token, trained.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=trained,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    ids = {f"{name}_token_id": tokenizer.cls_token_id for name in ("cls", "bos")}
    ids |= {f"{name}_token_id": tokenizer.sep_token_id for name in ("sep", "eos")}
    rates = dict.fromkeys(("attention_dropout", "embedding_dropout", "mlp_dropout"), 0.1)
    config = transformers.ModernBertConfig(
        **_sizes(tokenizer), **ids, **rates, local_attention=8, layer_types=["full_attention", "sliding_attention"]
    )
    return transformers.ModernBertModel(config), tokenizer


ENCODERS: dict[str, Callable[[Sequence[str]], Built]] = {
    "bert": _bert,
    "roberta": _roberta,
    "mpnet": _mpnet,
    "modernbert": _modernbert,
}
