from .corpus import Corpus, Split
from .sources import load

__all__ = ["Corpus", "Split", "load"]
