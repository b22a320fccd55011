"""Data (§4.1): label taxonomies, corpora and their sources, tabular files, words, batches.

Tokenization and encoders belong in `models`, metrics and significance tests in `evaluation`.
"""

from .corpus import Corpus, Split
from .sources import load

__all__ = ["Corpus", "Split", "load"]
