"""The variants of label embeddings differ from them in one thing."""

import pytest
import torch
from label_embedding_variants import (
    LOW_BIAS,
    METHODS,
    HeadPerLabel,
    InitializedOnCls,
    MeanOfTokens,
    SeparateSlots,
    ShuffledLabels,
    permuted_words,
)

from emograin.models import encoder
from emograin.models.methods import LabelEmbedding, LabelInitialized

TEXTS = ["I am so happy", "the train is late again and I am angry"]


def build(method, folder, taxonomy):
    torch.manual_seed(0)
    return method(encoder.load(str(folder), taxonomy.placeholders), taxonomy, 20).eval()


def logits(method):
    with torch.inference_mode():
        return method.score(method.embed(method.inputs(TEXTS)))


def test_the_order_is_shuffled_in_training_only(encoders, taxonomy):
    shuffled, plain = (build(each, encoders["bert"], taxonomy) for each in (ShuffledLabels, LabelEmbedding))
    torch.testing.assert_close(logits(shuffled), logits(plain))
    tokenized = shuffled.tokenize(TEXTS)
    shuffled.train()
    orders = {tuple(shuffled.assemble(tokenized)["input_ids"][0].tolist()) for _ in range(20)}
    assert len(orders) > 1
    assert len({tuple(sorted(order)) for order in orders}) == 1
    # Without positions and dropout the order is not seen: every label still reads its own slot.
    with torch.no_grad():
        for each in (shuffled, plain):
            each.encoder.embeddings.position_embeddings.weight.zero_()
    for module in shuffled.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    torch.testing.assert_close(logits(shuffled), logits(plain), atol=1e-5, rtol=1e-4)


def test_separate_slots_do_not_see_each_other(encoders, taxonomy):
    method = build(SeparateSlots, encoders["bert"], taxonomy)
    method.encoder.encoder.layer = method.encoder.encoder.layer[:1]  # in a second layer they meet through the document
    inputs = method.inputs(TEXTS)
    with torch.inference_mode():
        before = method.embed(inputs)
        inputs["input_ids"][:, 1] += 1  # another first piece of the first label
        after = method.embed(inputs)
    assert not torch.equal(before[:, 0], after[:, 0])
    torch.testing.assert_close(before[:, 1:], after[:, 1:])


def test_padding_changes_nothing(encoders, taxonomy):
    for variant in (SeparateSlots, HeadPerLabel):
        method = build(variant, encoders["bert"], taxonomy)
        together = logits(method)
        with torch.inference_mode():
            alone = method.score(method.embed(method.inputs(TEXTS[:1])))
        torch.testing.assert_close(together[:1], alone, atol=1e-5, rtol=1e-4)


def test_permuted_words_are_those_of_other_labels(taxonomy):
    words = permuted_words(taxonomy, 0, "").label_words()
    assert sorted(words) == sorted(taxonomy.label_words())
    assert all(new != old for new, old in zip(words, taxonomy.label_words(), strict=True))


def test_the_output_layers_variants_take_away_the_words_or_the_mean(encoders, taxonomy):
    whole, random, on_cls = (
        build(each, encoders["bert"], taxonomy) for each in (LabelInitialized, MeanOfTokens, InitializedOnCls)
    )
    for each in (whole, random, on_cls):
        each.initialize()
    inputs = whole.inputs(TEXTS)
    with torch.inference_mode():
        torch.testing.assert_close(random.embed(inputs), whole.embed(inputs))
        torch.testing.assert_close(on_cls.embed(inputs)[:, 0], on_cls.hidden_states(inputs)[:, 0])
    assert random.feed_forward[-1].weight.norm() < whole.feed_forward[-1].weight.norm()
    assert not torch.allclose(on_cls.feed_forward[-1].weight, whole.feed_forward[-1].weight)


@pytest.mark.parametrize("name", [each for each in LOW_BIAS if each != "unused-tokens"])  # none in the vocabulary
def test_a_low_bias_lowers_all_scores_at_the_start_by_as_much(name, encoders, taxonomy):
    plain, low = (build(each, encoders["bert"], taxonomy) for each in (LOW_BIAS[name], METHODS[f"{name}-low-bias"]))
    biases = [each.feed_forward[-1].bias.detach().clone() for each in (plain, low)]
    for each in (plain, low):
        each.initialize()
    logit = torch.tensor(1 / len(taxonomy.labels)).logit()
    torch.testing.assert_close(low.feed_forward[-1].bias, logit.expand_as(biases[1]))
    torch.testing.assert_close(
        logits(low) - logits(plain), (logit - biases[0]).expand(len(TEXTS), len(taxonomy.labels))
    )
