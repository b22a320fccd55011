"""Fifteen texts with three labels, which a mapping makes of the model's."""

MAPPING = """\
[labels]
anger = ["anger", "annoyance", "disapproval"]
joy = ["joy", "amusement", "excitement", "love", "gratitude", "admiration"]
fear = ["fear", "nervousness"]
"""
TEXTS = {
    "anger": ["I hate this", "so annoying", "this is an outrage", "shut up, idiot", "I disagree with that, stop it"],
    "joy": ["I love you", "thank you so much", "lol that was hilarious", "so happy today", "this is amazing!"],
    "fear": ["I'm terrified of flying", "I am so nervous", "scary", "I fear the worst", "worried about the exam"],
}
ROWS = [{"text": text, "labels": [label]} for label, texts in TEXTS.items() for text in texts]
