from .corpus import Corpus, Split, load

__all__ = ["Corpus", "Split", "load"]
