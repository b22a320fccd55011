"""Texts that a tiny encoder has seen, and texts that are hard to read."""

SEEN = ["so happy today", "I hate it, I am furious", "the train leaves at nine", "anxious and trembling", "page 7"] * 9
NASTY = [
    "so happy \U0001f642\u200d\U0001f468 caf\u00e9, day!",
    "",
    None,
    "[SEP] [NAME] </s>",
    "the page " * 60,
    "日本語 is",
    " \t ",
]
