"""Give an exported model a token for each emoji, and train the embeddings of these tokens only.

    python scripts/add_emoji.py MODEL OUTPUT --data goemotions

All other weights stay, so that texts without emoji and emoticons have the scores that they had. The model teaches
itself: it scores texts in which words stand in the place of emoji, and the tokens learn to give the same scores.
MODEL is an exported baseline in int8; its weights are read back into torch.
"""

import argparse
import json
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from emograin.common.files import write_text
from emograin.data.corpus import Split
from emograin.data.emoji import Emoji, all_emoji, read_emoticons
from emograin.data.sources import load as load_corpus
from emograin.models.classifier import Classifier, build
from emograin.models.config import Training
from emograin.models.emoji_tokens import extend_tokenizer
from emograin.prediction.onnx.description import describe_again
from emograin.prediction.onnx.model import FILES, ExportedModel
from emograin.prediction.onnx.read_back import tables_of, weights_of
from emograin.prediction.onnx.scorer import OnnxScorer
from emograin.prediction.predictor import Predictor, load

BATCH, LEARNING_RATE = 64, 3e-3
WITH_READING = 8  # how often an emoji with a reading is drawn, relative to one without
# Share of the target from the text with words, where the text alone is not neutral and where it is; the rest is from
# the text alone.
SHARE_OF_WORDS = (0.0, 0.6)
COMMON_EMOTICONS = (
    ":)",
    ":)",
    ":)",
    ":-)",
    ":(",
    ":(",
    ":-(",
    ":D",
    ":D",
    "<3",
    ":/",
    ";)",
    ":P",
    "xD",
    "XD",
    ":'(",
    ":|",
)
KEPT_UNKNOWN = 0.1  # share of [UNK] in the final embeddings: chosen on dev, for emoji in texts, of 0 to 0.6
GOLD_SHARE = 0.8  # of the target of a training text that has an emoji; the rest is the teacher's


@dataclass
class Sample:
    """A text with emoji, and its target.

    Attributes:
        text: The text.
        words: The text with words in place of emoji.
        plain: The text without them; empty if nothing is left.
        gold: The labels of a training text (labels,), or None.
    """

    text: str
    words: str
    plain: str
    gold: np.ndarray | None = None


def draw_samples(train: Split, count: int, seed: int) -> Iterator[Sample]:
    """Yield emoji alone, training texts with an emoji added, and training texts that have some."""
    draws = random.Random(seed)
    emoji = all_emoji()
    weights = [WITH_READING if each.reading else 1 for each in emoji]
    known = {each.text: each for each in emoji}
    plain = [at for at, text in enumerate(train.texts) if read_emoticons(text) == text and len(text) < 160]
    plain = [at for at in plain if not any(each in known for each in train.texts[at])]
    own = [at for at, text in enumerate(train.texts) if any(each in known for each in read_emoticons(text))]
    emoticons = [text for text in COMMON_EMOTICONS if read_emoticons(text) != text]
    for _ in range(count):
        # Without texts that have emoji of their own, all are of the other kinds.
        kind, chosen = draws.random() * (1 if own else 0.58), draws.choices(emoji, weights)[0]
        text, space = train.texts[draws.choice(plain)], draws.choice((" ", " ", ""))
        if kind < 0.2:
            yield Sample(chosen.text * draws.choice((1, 1, 2)), chosen.words, "")
        elif kind < 0.45:
            yield Sample(f"{text}{space}{chosen.text}", f"{text} {in_a_text(chosen, draws)}", text)
        elif kind < 0.5:
            yield Sample(f"{chosen.text}{space}{text}", f"{in_a_text(chosen, draws)} {text}", text)
        elif kind < 0.58:  # the network has learned emoticons as they are written
            shown = f"{text} {draws.choice(emoticons)}"
            yield Sample(shown, shown, "")
        else:
            at = draws.choice(own)
            words = "".join(f" {known[each].words} " if each in known else each for each in train.texts[at])
            yield Sample(train.texts[at], words, "", gold=train.labels[at])


def in_a_text(emoji: Emoji, draws: random.Random) -> str:
    """Return the words for an emoji in a text: its reading, or some of its keywords in their order."""
    words = emoji.words.split()
    if emoji.reading or len(words) <= 4:
        return emoji.words
    return " ".join(words[at] for at in sorted(draws.sample(range(len(words)), 4)))


def targets(samples: Sequence[Sample], teacher: Predictor) -> np.ndarray:
    """Return the targets (samples, labels), in [0, 1]."""
    found = teacher.predict([each.words for each in samples]).scores
    plain = teacher.predict([each.plain or each.words for each in samples]).scores
    low, high = SHARE_OF_WORDS
    share = low + (high - low) * plain[:, [teacher.labels.index("neutral")]]
    found = share * found + (1 - share) * plain
    for row, each in enumerate(samples):
        if each.gold is not None:
            found[row] = GOLD_SHARE * each.gold + (1 - GOLD_SHARE) * found[row]
    return found.astype(np.float32)


class EmojiEmbeddings(nn.Module):
    """The tokens of a frozen table, of which some rows are trained.

    Args:
        table: (tokens, hidden), all rows.
        ids: Ids of the rows to train.
    """

    def __init__(self, table: Tensor, ids: Sequence[int]):
        super().__init__()
        self.table = table
        self.row = torch.full((len(table),), -1)  # of a token in `trained`
        self.row[torch.tensor(ids)] = torch.arange(len(ids))
        self.trained = nn.Embedding.from_pretrained(table[torch.tensor(ids)].clone(), freeze=False, sparse=True)

    def forward(self, ids: Tensor) -> Tensor:
        """Token ids (batch, tokens) -> embeddings (batch, tokens, hidden)."""
        rows = self.row[ids]
        return torch.where((rows >= 0)[..., None], self.trained(rows.clamp(min=0)), self.table[ids])


def train(
    classifier: Classifier, embeddings: EmojiEmbeddings, documents: Sequence[list[int]], wanted: np.ndarray
) -> None:
    """Train the embeddings on token ids of samples, with targets (samples, labels), in one pass."""
    classifier.eval().requires_grad_(False)  # no dropout: nothing else is trained
    optimizer = torch.optim.SparseAdam(embeddings.trained.parameters(), lr=LEARNING_RATE)
    steps = len(documents) // BATCH
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / steps)
        at = slice(step * BATCH, (step + 1) * BATCH)
        inputs = classifier.method.assemble(documents[at])
        given = {name: value for name, value in inputs.items() if name != "input_ids"}
        logits = classifier.method.score(
            classifier.method.embed(given | {"inputs_embeds": embeddings(inputs["input_ids"])})
        )
        loss = nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(wanted[at]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.4f}", flush=True)


def write(
    model: ExportedModel, graph_model: Any, tokenizer: Tokenizer, table: Tensor, ids: Sequence[int], output: Path
) -> None:
    """Write the model with its longer table of embeddings; only the rows `ids` change."""
    graph = graph_model.graph
    integers, scales = tables_of(graph)["word"]
    constants = {each.name: each for each in graph.initializer}
    old_integers, old_scales = (onnx.numpy_helper.to_array(constants[name]) for name in (integers, scales))
    rows = table.numpy()
    scale = np.maximum(np.abs(rows).max(axis=1, keepdims=True) / 127, 1e-12).astype(np.float32)
    new_integers = np.rint(rows / scale).astype(np.int8)
    kept = np.setdiff1d(np.arange(len(old_integers)), ids)
    new_integers[kept], scale[kept] = old_integers[kept], old_scales[kept]
    constants[integers].CopyFrom(onnx.numpy_helper.from_array(new_integers, integers))
    constants[scales].CopyFrom(onnx.numpy_helper.from_array(scale, scales))
    output.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(model.path / name, output / name)
    (output / "model.onnx").write_bytes(graph_model.SerializeToString())
    write_text(output / "tokenizer.json", tokenizer.to_str())
    described = describe_again(
        model.description, model.template, output, settings=model.description["settings"] | {"emoji": True}
    )
    write_text(output / "model.json", json.dumps(described, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--data", default="goemotions")
    parser.add_argument("--samples", type=int, default=64_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    model = ExportedModel(options.model)
    teacher = load(options.model)
    graph_model = onnx.load(options.model / "model.onnx")
    weights = weights_of(graph_model.graph)
    tokenizer = Tokenizer.from_file(str(options.model / "tokenizer.json"))
    pieces = [
        each.ids for each in tokenizer.encode_batch([each.words for each in all_emoji()], add_special_tokens=False)
    ]
    extend_tokenizer(tokenizer)
    vocabulary = tokenizer.get_vocab()
    ids = [vocabulary[each.text] for each in all_emoji()]
    word_table = "method.encoder.embeddings.word_embeddings.weight"
    old = weights[word_table]
    table = torch.cat([old, torch.zeros(tokenizer.get_vocab_size() - len(old), old.shape[1])])
    for at, of_words in zip(ids, pieces, strict=True):
        table[at] = (old[torch.tensor(of_words)].mean(dim=0) + old[vocabulary["[UNK]"]]) / 2  # read so far as unknown
    classifier = build(Training(method="baseline", encoder="minilm", emoji=False), model.taxonomy)
    classifier.load_state_dict(weights, strict=False)
    train_split = load_corpus(options.data, model.taxonomy).split("train")
    samples = list(draw_samples(train_split, options.samples, options.seed))
    wanted = targets(samples, teacher)
    embeddings = EmojiEmbeddings(table, ids)
    documents = OnnxScorer(tokenizer.to_str(), model.template, options.model / "model.onnx").tokenize(
        [each.text for each in samples]
    )[0]
    train(classifier, embeddings, documents, wanted)
    unknown = old[vocabulary["[UNK]"]]
    table[torch.tensor(ids)] = (1 - KEPT_UNKNOWN) * embeddings.trained.weight.data + KEPT_UNKNOWN * unknown
    write(model, graph_model, tokenizer, table, ids, options.output)


if __name__ == "__main__":
    main()
