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

# Characters, emoticons and names of tokens that programs for Unicode and for tokens disagree about.
HOSTILE = [
    *(text for text in NASTY if text and text.strip()),
    "[CLS] [PAD] [UNK] [MASK] [NAME] [name] [RELIGION][SEP]",
    "ΟΔΥΣΣΕΥΣ ΣΑΣ, İstanbul, ẞtraße, ǅ, ﬁne, Ⅷ, ½ ² ³",
    "a\u0301\u0327 e\u0301 na\u00efve cafe\u0301 \u1e9b\u0323",
    "\u200b\ufeff\u00ad\u0007so\x00 glad\u2028today\u0085now\u3000here \x1c then\ufffd",
    "\U00020000\U00020001日本 한국어 हिन्दी مرحبا עברית ไทย",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \u2764\ufe0f "
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\U0001f602\U0001f602 \U0001f602\U0001f602\U0001f602!!",
    ":) :-( xD XD! :'( T_T <3 </3 ^_^ :3 o_O \\o/ D:",
    "\u00af\\_(\u30c4)_/\u00af (\u256f\u00b0\u25a1\u00b0)\u256f\ufe35 \u253b\u2501\u253b \u0ca0_\u0ca0",
    "x" * 101,
    "a.b.c. Mr. X said \u201cNo!\u201d (Really?) etc. Then . . . he left... OK",
    "1. First\n2. Second\r\n\r\nU.S.C. \u00a7 5. Inc. said so",
    "\U0001d4f1\U0001d4ee\U0001d4f5\U0001d4f5\U0001d4f8 \U0001f1ec\U0001f1e7 \U0001f937\u200d\u2640\ufe0f",
    "so glad " * 300,
    "well I think that this " * 11 + "\u00af\\_(\u30c4)_/\u00af",  # in a sentence that is cut between words
    "well I think that this " * 11 + "\U0001f602 " * 10,
    "\U0001f600 " * 200,
    "日本" * 60,
    "word" * 400,
]
