"""The estimated cost of a text, in tokens of the model's input, before it is tokenized."""

CHARACTERS_PER_TOKEN = 4  # of English text
SPECIAL_TOKENS = 2  # around each text
CHARACTERS_TO_CUT = 400  # tokenizing this many characters takes the time of one token in the model
EXPLAINING = 4  # a text that is explained costs this many times as much: 3 to 5, measured


def estimate_cost(text: str, explain: bool, max_document_tokens: int) -> float:
    """Estimate the time that a text takes, as a number of tokens.

    Args:
        text: The text.
        explain: Whether it is explained.
        max_document_tokens: Number of word pieces after which texts are cut. The rest is only tokenized.

    >>> estimate_cost("You made my week!", False, 50), estimate_cost("a" * 5000, False, 50)
    (6.2925, 64.5)
    >>> estimate_cost("a" * 400, True, 50)
    209.0
    """
    read = min(len(text) / CHARACTERS_PER_TOKEN, max_document_tokens) + SPECIAL_TOKENS
    return (read * EXPLAINING if explain else read) + len(text) / CHARACTERS_TO_CUT
