"""Tiny random models for `emograin reproduce --tiny`: the code of real models in minutes, with meaningless results."""

import re
from collections.abc import Sequence
from pathlib import Path

from ..common.optional import import_optional

POSITIONS = 128  # maximal length of the encoder's input, in tokens
WORDS = 16  # maximal length of a paraphrase, in tokens


def tiny_encoder(folder: Path, texts: Sequence[str]) -> Path:
    """Save a random BERT with 2 layers of width 32, unless the folder has one. The weights are always the same.

    Args:
        folder: Folder of the model, in the format of transformers.
        texts: Texts whose words are its vocabulary.

    Returns:
        The folder.
    """
    if (folder / "config.json").is_file():
        return folder
    torch, transformers = import_optional("torch", "train"), import_optional("transformers", "train")
    characters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{each}" for each in characters)]
    vocabulary = {piece: at for at, piece in enumerate(dict.fromkeys([*pieces, *_words(texts)]))}
    tokenizer = transformers.BertTokenizer(vocab=vocabulary)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=POSITIONS,
    )
    torch.manual_seed(0)
    return _save(folder, transformers.BertModel(config), tokenizer)


def tiny_paraphraser(folder: Path, texts: Sequence[str]) -> Path:
    """Save a random T5 with one layer of width 16, unless the folder has one. The weights are always the same.

    Args:
        folder: Folder of the model, in the format of transformers.
        texts: Texts whose words are its vocabulary.

    Returns:
        The folder.
    """
    if (folder / "config.json").is_file():
        return folder
    torch, transformers = import_optional("torch", "train"), import_optional("transformers", "train")
    tokenizers = import_optional("tokenizers", "train")
    words = {word: at for at, word in enumerate(["<pad>", "</s>", "<unk>", *_words(texts)])}
    spelled = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="<unk>"))
    spelled.normalizer = tokenizers.normalizers.Lowercase()
    spelled.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    spelled.post_processor = tokenizers.processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", words["</s>"])]
    )
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=spelled, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    config = transformers.T5Config(
        vocab_size=len(words),
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=1,
        num_heads=2,
        decoder_start_token_id=0,
        max_position_embeddings=WORDS,  # T5 ignores it, but our generation uses it as a limit
        initializer_factor=3.0,  # with less, the output hardly depends on the input
    )
    torch.manual_seed(0)
    return _save(folder, transformers.T5ForConditionalGeneration(config), tokenizer)


def _words(texts: Sequence[str]) -> list[str]:
    return sorted({word for text in texts for word in re.findall("[a-z]+", text.lower())})


def _save(folder: Path, model: object, tokenizer: object) -> Path:
    """Save model and tokenizer under a temporary name, then rename the folder."""
    from ..models.encoder import quiet

    part = folder.with_name(folder.name + ".part")
    with quiet():
        for each in (model, tokenizer):
            each.save_pretrained(part)  # type: ignore[attr-defined]
    return part.replace(folder)
