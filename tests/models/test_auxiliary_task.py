"""The auxiliary task (§3.2): its head, the joint loss (eq. 1) and the schedules of T."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.data.taxonomy import GOEMOTIONS
from emograin.models import encoder
from emograin.models.auxiliary_task import SCHEDULES, AuxiliaryHead, joint_loss, temperature_at
from emograin.models.classifier import Classifier
from emograin.models.config import Training
from emograin.models.methods import METHODS

losses = st.floats(0, 100)
fractions = st.floats(0, 1)


@given(main=losses, auxiliary=losses, temperature=st.floats(0, 1))
def test_the_joint_loss_is_equation_1(main, auxiliary, temperature):
    joint = joint_loss(torch.tensor(main), torch.tensor(auxiliary), temperature).item()
    assert joint == pytest.approx(temperature * main + (1 - temperature) * auxiliary, rel=1e-5, abs=1e-5)


def test_at_temperature_1_only_the_main_loss_counts_and_at_0_only_the_auxiliary_one():
    main, auxiliary = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    assert joint_loss(main, auxiliary, 1).tolist() == [1, 2]
    assert joint_loss(main, auxiliary, 0).tolist() == [3, 4]


def test_a_head_with_one_slot_is_a_linear_layer_on_cls():
    head = AuxiliaryHead(slots=1, hidden=6, groups=3)
    embeddings = torch.randn(5, 1, 6)
    torch.testing.assert_close(head(embeddings), head.linear(embeddings[:, 0]))


def test_a_head_with_many_slots_sums_one_linear_layer_per_slot():
    head = AuxiliaryHead(slots=4, hidden=6, groups=3)
    embeddings = torch.randn(5, 4, 6)
    weights = head.linear.weight.reshape(3, 4, 6)  # (groups, slots, hidden)
    expected = sum(embeddings[:, slot] @ weights[:, slot].T for slot in range(4)) + head.linear.bias
    torch.testing.assert_close(head(embeddings), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("grouping", GOEMOTIONS.groupings)
@pytest.mark.parametrize("name", METHODS)
def test_every_method_scores_every_grouping_from_its_own_embeddings(name, grouping, encoders):
    settings = Training(method=name, auxiliary=grouping, max_document_tokens=5)
    short = GOEMOTIONS.labels[:3]  # all 28 would not fit in the tiny encoder
    taxonomy = type(GOEMOTIONS)(
        "short",
        short,
        {grouping: dict.fromkeys(GOEMOTIONS.groups(grouping), short)},
    )
    classifier = Classifier(encoder.load(str(encoders["bert"])), settings, taxonomy).eval()
    inputs = classifier.method.inputs(["so happy", "the train"])
    logits, groups = classifier(inputs)
    embeddings = classifier.method.embed(inputs)
    torch.testing.assert_close(logits, classifier.method.score(embeddings))
    torch.testing.assert_close(groups, classifier.auxiliary(embeddings))
    assert groups.shape == (2, len(GOEMOTIONS.groups(grouping)))


def test_no_auxiliary_task_means_no_second_head(encoders, taxonomy, settings):
    classifier = Classifier(encoder.load(str(encoders["bert"])), settings, taxonomy)
    assert classifier(classifier.method.inputs(["so happy"]))[1] is None
    assert not [name for name, _ in classifier.named_parameters() if "auxiliary" in name]


def test_errors_for_unknown_groupings_and_methods_suggest_a_name_and_list_the_valid_ones(encoders, taxonomy):
    loaded = encoder.load(str(encoders["bert"]))
    with pytest.raises(EmograinError, match=r"grouping 'tones', did you mean 'tone'.*tone, arousal"):
        Classifier(loaded, Training(auxiliary="tones"), taxonomy)
    with pytest.raises(EmograinError, match=r"method 'base', did you mean 'baseline'"):
        Classifier(loaded, Training(method="base"), taxonomy)


@pytest.mark.parametrize("name", SCHEDULES)
@given(alpha=fractions, progress=fractions, later=fractions)
def test_every_schedule_starts_at_alpha_never_decreases_and_stays_in_alpha_to_1(name, alpha, progress, later):
    schedule = SCHEDULES[name]
    first, second = sorted((progress, later))
    assert schedule(0, alpha) == alpha
    assert alpha <= schedule(first, alpha) + 1e-12
    assert schedule(first, alpha) <= schedule(second, alpha) + 1e-12
    assert schedule(second, alpha) <= 1 + 1e-12


@given(alpha=fractions)
def test_linear_ends_at_1(alpha):
    assert SCHEDULES["linear"](1, alpha) == pytest.approx(1)


@given(alpha=fractions, progress=st.floats(0, 0.5))
def test_linear_rises_as_much_in_each_half(alpha, progress):
    linear = SCHEDULES["linear"]
    rises = [linear(progress + 0.5, alpha) - linear(progress, alpha), linear(0.5, alpha) - linear(0, alpha)]
    assert rises[0] == pytest.approx(rises[1], abs=1e-9)
    assert rises[0] == pytest.approx((1 - alpha) / 2, abs=1e-9)


@given(alpha=fractions, progress=fractions)
def test_constant_stays_at_alpha(alpha, progress):
    assert SCHEDULES["constant"](progress, alpha) == alpha


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_schedule_goes_from_the_first_to_the_last_step_and_no_further(name, steps):
    at_steps = [temperature_at(step, steps, name, alpha=0.6) for step in range(steps)]
    assert at_steps == [SCHEDULES[name](step / max(steps - 1, 1), 0.6) for step in range(steps)]
    assert temperature_at(max(steps, 2), steps, name, alpha=0.6) == SCHEDULES[name](1, 0.6)
