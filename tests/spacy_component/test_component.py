"""The component of spaCy: documents and sentences, batches, saving, configuration."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

import emograin
from emograin.common.errors import EmograinError

spacy = pytest.importorskip("spacy")
import emograin.spacy  # noqa: E402 - as the entry point does, also where the package is not installed

TEXTS = ["I love you. They cancelled it again, so annoying!", "", "thank you so much", "The shop opens at nine. 🎉"]


@pytest.fixture(scope="module")
def nlp():
    made = spacy.blank("en")
    made.add_pipe("sentencizer")
    made.add_pipe("emograin")
    return made


@pytest.fixture(scope="module")
def model():
    return emograin.load()


def test_documents_and_sentences_have_their_emotions(nlp, model):
    doc = nlp(TEXTS[0])
    expected = model.predict([TEXTS[0], *(sentence.text for sentence in doc.sents)])
    assert doc._.emotions == list(expected[0].labels)
    assert [sentence._.emotions for sentence in doc.sents] == [["love"], ["annoyance"]]
    assert list(next(doc.sents)._.emotion_scores) == list(model.labels)
    assert doc._.emotion_scores["love"] == pytest.approx(expected[0].scores["love"], abs=1e-6)
    assert doc[1:2]._.emotions is None


def test_one_sentence_is_that_of_the_document(nlp):
    doc = nlp(TEXTS[2])
    assert next(doc.sents)._.emotions == doc._.emotions == ["gratitude"]


def test_a_text_without_words_has_no_emotions(nlp):
    assert nlp("")._.emotions == []
    assert nlp("")._.emotion_scores == {}


def test_a_pipe_gives_the_same_in_batches(nlp):
    many = TEXTS * 20
    alone = [nlp(text)._.emotion_scores for text in TEXTS] * 20
    for size in (1, 7, 1000):
        found = [doc._.emotion_scores for doc in nlp.pipe(many, batch_size=size)]
        assert [list(each) for each in found] == [list(each) for each in alone]
        for one, other in zip(found, alone, strict=True):
            np.testing.assert_allclose(list(one.values()), list(other.values()), atol=1e-6)


def test_without_sentence_boundaries_only_the_document_is_predicted():
    nlp = spacy.blank("en")
    nlp.add_pipe("emograin", config={"policy": "fixed"})
    assert "love" in nlp(TEXTS[0])._.emotions


def test_a_pipeline_is_saved_and_read_back(nlp, tmp_path):
    nlp.to_disk(tmp_path / "pipeline")
    read = spacy.load(tmp_path / "pipeline")
    assert read(TEXTS[0])._.emotion_scores == nlp(TEXTS[0])._.emotion_scores
    assert spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes())(TEXTS[2])._.emotions == ["gratitude"]


@pytest.mark.parametrize("content", ["[]", '{"model": null}', '{"modell": null}', "{", '{"model": 1}', None])
def test_damaged_settings_are_named(nlp, tmp_path, content):
    component = nlp.get_pipe("emograin")
    if content is not None:
        (tmp_path / "settings.json").write_text(content)
        with pytest.raises(EmograinError):
            component.from_bytes(content.encode())
    with pytest.raises(EmograinError, match=r"settings\.json"):
        component.from_disk(tmp_path)


def test_a_document_carries_its_emotions(nlp):
    from spacy.tokens import Doc

    doc = nlp(TEXTS[0])
    read = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert read._.emotions == doc._.emotions
    assert [each._.emotions for each in read.sents] == [each._.emotions for each in doc.sents]


def test_another_model_is_a_line_of_the_configuration(tmp_path):
    nlp = spacy.blank("en")
    with pytest.raises(EmograinError, match="there is no folder"):
        nlp.add_pipe("emograin", config={"model": str(tmp_path / "gone")})
    with pytest.raises(EmograinError, match="unknown threshold policy 'best'"):
        nlp.add_pipe("emograin", config={"policy": "best"})


def test_spacy_finds_the_component_without_an_import():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    target = project["entry-points"]["spacy_factories"]["emograin"]
    module, name = target.split(":")
    assert module == emograin.spacy.__name__
    assert getattr(emograin.spacy, name) is emograin.spacy.create_component
