"""Emoji and emoticons: how their forms are folded into one, and the words that describe them.

The names and keywords in emoji.tsv are those of the Unicode CLDR (scripts/emoji_table.py; Unicode License v3). The
readings in emoji_readings.tsv are ours, for emoji whose keywords describe the picture and not its usual meaning.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Forms of one emoji that mean the same to us. The patterns are read by `re` and by the tokenizers library (Oniguruma).
IGNORED = "\u200d[\u2640\u2642]|[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]"  # gender; variation, joiner, skin tone
FLAG_OF_A_PART = "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"  # England, Scotland, Wales: made of tags
FLAG = "\U0001f1ec\U0001f1e7"
SYMBOL = "[\U0001f300-\U0001f64f\U0001f680-\U0001faff\u2600-\u27bf\u203c\u2049\u2b50]"  # of one character, no flags
# All but the last two of a run of the same emoji, with or without spaces.
REPEATED = rf"({SYMBOL})\s*(?=\1\s*\1)"

EYES, NOSE, TEAR = "(?<![\\w:;=])[:=]", "[-o^]?", "['\u2019\u00b4,]-?"
END = r"(?![\w/])"
START = r"(?<!\S)"
# Pattern -> the emoji that it is read as. Letters and slashes match only at the end of a word or an address.
EMOTICONS = {
    r"\u00af\\*_*\s?\(\s?(?:\u30c4|\u30b7)\s?\)\s?\\*_*/?\s?\u00af": "🤷",  # shrug
    r"\(\s?\u0361[\u00b0\u00ba]\s?\u035c\u0296\s?\u0361[\u00b0\u00ba]\)": "😏",
    # A table that is flipped.
    r"[(\uff08][\u256f\u30ce]\s?\u00b0\u25a1\u00b0\s?[)\uff09]\s?[\u256f\u30ce]\s?\ufe35\s?\u253b.\u253b": "😡",
    r"\(?\u0ca0_+\u0ca0\)?": "😒",  # disapproval
    r"\(?\u0ca5_+\u0ca5\)?|(?<!\w)(?:T_+T|T\.T|;_+;|;-;)(?!\w)|[:=]'-?\({2,}": "😭",
    rf"(?<!\w)>[:=]-?\({END}": "😠",
    rf"(?<!\w)(?:>|\}})[:=;]-?(?:\)|D{END})": "😈",
    r"(?<!\w)[O0o][:=]-?\)": "😇",
    rf"[:=]{TEAR}[)\]]": "🥲",
    rf"[:=]{TEAR}D{END}": "😂",
    rf"[:=]{TEAR}[(\[]|(?<![\w:;=&]);-?\({END}": "😢",
    rf"{EYES}{NOSE}D+{END}": "😃",
    rf"(?<!\w)[xX]D+{END}|(?<!\w)xd+{END}": "😆",
    rf"(?<![:;=]);{NOSE}(?:[)\]]|D{END})": "😉",
    rf"(?<![\w:;=]);{NOSE}[pP]{END}": "😜",
    rf"{EYES}-?[pP]{END}": "😛",
    rf"(?<![:;=])[:=]{NOSE}[)\]}}]": "🙂",
    rf"{START}[(\[]-?[:=](?!\S)": "🙂",  # not above: slow where the first letters differ
    r"(?<![\w^])\^[_.\-]?\^(?![\w^])|\(\^[_.\-]\^\)|(?<!\S):3(?!\S)": "😊",
    rf"(?<![:;=])[:=]{NOSE}[(\[{{]{END}|{EYES}-?[cC]{END}|{START}\)-?:(?!\S)": "🙁",
    rf"(?<![\w:;=])[:=]-?[/\\]{END}|(?<![\w:;=]):-?[sS]{END}": "😕",
    rf"(?<![:;=])[:=]-?\|{END}": "😐",
    r"(?<!\w)-_+-(?!\w)": "😑",
    rf"{EYES}-?[oO]{END}|(?<!\w)(?:[oO]_+[oO0]|[oO]\.[O]|O\.[oO])(?!\w)": "😮",
    r"(?<!\S)D:(?=\s*$)": "😧",
    r"(?<!\w)>[_.]<(?!\w)": "😣",
    r"(?<!\S)[:=]-?\*(?!\S)": "😘",
    r"(?<!\w)[8B]-\)": "😎",
    r"</+3+(?!\d)": "💔",
    r"(?<!\w)<3+(?!\d)": "❤",
    r"(?<!\S)\\o/(?!\S)": "🙌",
}
# Applied in this order: pattern -> replacement.
FOLDING = EMOTICONS | {FLAG_OF_A_PART: FLAG, IGNORED: "", REPEATED: ""}
# Keywords of the CLDR that describe the picture of an emoji.
GENERIC = frozenset("face gesture hand person symbol emotion man woman smiley button sign eyes mouth open red".split())


@dataclass(frozen=True)
class Emoji:
    """An emoji.

    Attributes:
        text: Its characters, folded.
        name: Its name in the CLDR.
        keywords: Its keywords in the CLDR.
        reading: Its usual meaning in words; empty if the keywords give it.
    """

    text: str
    name: str
    keywords: tuple[str, ...]
    reading: str = ""

    @property
    def words(self) -> str:
        """The words that describe it: its reading, or keywords and name.

        >>> Emoji("\N{WRAPPED PRESENT}", "wrapped gift", ("birthday", "gift", "surprise", "face")).words
        'birthday gift surprise wrapped'
        """
        words = dict.fromkeys(word for text in (*self.keywords, self.name) for word in text.split())
        return self.reading or " ".join([word for word in words if word.lower() not in GENERIC] or words)


@cache
def all_emoji() -> tuple[Emoji, ...]:
    """Return all emoji sequences of Unicode, folded."""
    readings = {row["emoji"]: row["reading"] for row in _read("emoji_readings.tsv")}
    return tuple(
        Emoji(
            row["emoji"], row["name"], tuple(filter(None, row["keywords"].split(", "))), readings.get(row["emoji"], "")
        )
        for row in _read("emoji.tsv")
    )


def _read(name: str) -> list[dict[str, str]]:
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def fold(text: str) -> str:
    """Remove gender signs, skin tones, variation selectors and joiners from emoji sequences.

    >>> fold("\N{WOMAN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}")
    '\U0001f469\U0001f4bb'
    """
    return re.sub(IGNORED, "", re.sub(FLAG_OF_A_PART, FLAG, text))


def read_emoticons(text: str) -> str:
    r"""Replace emoticons by emoji, fold emoji, and shorten runs of one emoji to two: what the tokenizer does to a text.

    >>> read_emoticons(r"great :) http://a.b :-((")
    'great \U0001f642 http://a.b \U0001f641('
    """
    for pattern, replacement in FOLDING.items():
        text = re.sub(pattern, replacement, text)
    return text
