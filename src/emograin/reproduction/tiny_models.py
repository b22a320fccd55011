"""Tiny random models for `emograin reproduce --tiny`: they run every line that real ones run, and learn little."""

import re
from collections.abc import Sequence
from pathlib import Path

from ..common.optional import import_optional

POSITIONS = 128  # tokens that fit
WORDS = 16  # tokens that the paraphraser writes at most


def tiny_encoder(folder: Path, texts: Sequence[str]) -> Path:
    """A BERT with 2 layers, 32 wide, random weights, and word pieces of these texts. Made once: the same every time.

    Args:
        folder: Where it is kept, as transformers saves one.
        texts: Whose words it knows.

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
    return _saved(folder, transformers.BertModel(config), tokenizer)


def tiny_paraphraser(folder: Path, texts: Sequence[str]) -> Path:
    """A T5 with one layer, 16 wide, random weights; it writes words of these texts. As `tiny_encoder` otherwise."""
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
        max_position_embeddings=WORDS,  # not T5's, but what generates here obeys it
        initializer_factor=3.0,  # so that what it writes depends on what it reads
    )
    torch.manual_seed(0)
    return _saved(folder, transformers.T5ForConditionalGeneration(config), tokenizer)


def _words(texts: Sequence[str]) -> list[str]:
    return sorted({word for text in texts for word in re.findall("[a-z]+", text.lower())})


def _saved(folder: Path, model: object, tokenizer: object) -> Path:
    """Write both; the configuration, by which they are known to be there, gets its name last."""
    from ..models.encoder import quiet

    part = folder.with_name(folder.name + ".part")
    with quiet():
        for each in (model, tokenizer):
            each.save_pretrained(part)  # type: ignore[attr-defined]
    return part.replace(folder)
