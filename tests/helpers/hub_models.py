"""Baselines for tests of folders that other libraries load."""

from pathlib import Path

import torch
import transformers

from emograin.data.taxonomy import Taxonomy
from emograin.models import encoder
from emograin.models.methods import Baseline

TEXTS = [
    "I am so Happy for [NAME]!",
    "the train",
    "a long letter " * 12 + "on the table",
    "[SEP] [CLS] </s> <s> [PAD] so [ NAME ] [NAME][RELIGION]",
    "CAFÉ 日本語 a\u0301 x",
]


def strong_baseline(folder: Path, taxonomy: Taxonomy, emoji: bool = False) -> Baseline:
    """Return a baseline whose scores depend on the text; as initialized they hardly do."""
    torch.manual_seed(0)
    made = Baseline(encoder.load(str(folder), taxonomy.placeholders, emoji=emoji), taxonomy, 20).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim == 2:
                parameter.mul_(10)
    return made


def distilbert_folder(folder: Path) -> Path:
    """Save a tiny DistilBERT with a tokenizer of words, and return the folder."""
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *"i am so happy for the train a long letter on table".split(),
    ]
    tokenizer = transformers.BertTokenizer(vocab={word: at for at, word in enumerate(dict.fromkeys(words))})
    config = transformers.DistilBertConfig(
        vocab_size=len(tokenizer), dim=16, hidden_dim=32, n_layers=2, n_heads=2, max_position_embeddings=64
    )
    transformers.DistilBertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
