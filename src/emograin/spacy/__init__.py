"""A component of spaCy: `nlp.add_pipe("emograin")` sets `doc._.emotions` and `span._.emotions`.

spaCy finds it by the entry point `spacy_factories`, without an import.
"""

from ..common.optional import import_optional

import_optional("spacy", "spacy")

from .component import EmotionComponent, create_component  # noqa: E402 - after a check with a better message

__all__ = ["EmotionComponent", "create_component"]
