"""Settings: defaults of the paper, values that are refused, and settings from TOML files."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emograin.common.errors import EmograinError
from emograin.models.config import Training, read_settings


def test_defaults_are_the_papers():
    settings = Training()
    assert (settings.epochs, settings.batch_size, settings.learning_rate) == (4, 16, 5e-5)
    assert (settings.max_document_tokens, settings.alpha) == (50, 0.8)
    assert settings.encoder == "google-bert/bert-base-cased"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epochs", 0, "epochs must be at least 1, got 0"),
        ("batch_size", -1, "batch_size must be at least 1, got -1"),
        ("micro_batch_size", 0, "micro_batch_size must be at least 1, got 0"),
        ("max_document_tokens", 0, "max_document_tokens must be at least 1, got 0"),
        ("evaluate_every", 0, "evaluate_every must be at least 1, got 0"),
        ("learning_rate", 0.0, "learning_rate must be positive, got 0.0"),
        ("learning_rate", float("nan"), "learning_rate must be positive, got nan"),
        ("max_grad_norm", float("inf"), "max_grad_norm must be positive, got inf"),
        ("weight_decay", -0.1, "weight_decay must not be negative, got -0.1"),
        ("warmup_ratio", 1.5, "warmup_ratio must lie in [0, 1], got 1.5"),
        ("alpha", -0.1, "alpha must lie in [0, 1], got -0.1"),
        ("alpha", float("nan"), "alpha must lie in [0, 1], got nan"),
        ("dropout", 1.0, "dropout must lie in [0, 1), got 1.0"),
        ("seed", -1, "seed must lie in [0, 2**32), got -1"),
        ("seed", 2**32, "seed must lie in [0, 2**32), got 4294967296"),
    ],
)
def test_a_value_out_of_range_is_named_with_what_was_got_and_expected(name, value, message):
    with pytest.raises(EmograinError) as caught:
        Training(**{name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epochs", "4", "epochs must be int, got '4'"),
        ("epochs", 4.0, "epochs must be int, got 4.0"),
        ("epochs", None, "epochs must be int, got None"),
        ("epochs", True, "epochs must be int, got True"),
        ("learning_rate", "fast", "learning_rate must be float, got 'fast'"),
        ("learning_rate", True, "learning_rate must be float, got True"),
        ("method", 1, "method must be str, got 1"),
        ("auxiliary", 3, "auxiliary must be str | None, got 3"),
        ("micro_batch_size", 2.5, "micro_batch_size must be int | None, got 2.5"),
        ("dropout", "0", "dropout must be float | None, got '0'"),
    ],
)
def test_a_value_of_another_type_is_named_with_what_was_got_and_expected(name, value, message):
    with pytest.raises(EmograinError) as caught:
        Training(**{name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["auxiliary", "micro_batch_size", "dropout", "evaluate_every"])
def test_settings_that_may_be_left_open_take_none(name):
    assert getattr(Training(**{name: None}), name) is None


@pytest.mark.parametrize("value", [0, 1])
def test_an_int_becomes_a_float_where_a_float_is_meant(value):
    assert isinstance(Training(alpha=value).alpha, float)
    assert Training(alpha=value) == Training(alpha=float(value))


def test_an_unknown_precision_gets_the_nearest_and_the_valid_ones():
    with pytest.raises(EmograinError, match=r"'fp32'.*auto, bf16, float32"):
        Training(precision="fp32")
    with pytest.raises(EmograinError, match="did you mean 'float32'"):
        Training(precision="float23")


def test_an_unknown_setting_gets_the_nearest_and_the_valid_ones():
    with pytest.raises(EmograinError) as caught:
        Training.from_dict({"learning_rat": 1e-4})
    assert "unknown setting 'learning_rat', did you mean 'learning_rate'?" in str(caught.value)
    assert "max_document_tokens" in caught.value.hint


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Training().epochs = 10


@given(
    epochs=st.integers(1, 100),
    alpha=st.floats(0, 1),
    learning_rate=st.floats(1e-9, 1e9),
    micro_batch_size=st.none() | st.integers(1, 64),
    seed=st.integers(0, 2**32 - 1),
    precision=st.sampled_from(["auto", "bf16", "float32"]),
)
def test_settings_survive_json(**values):
    settings = Training(**values)
    assert Training.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize("head", ["", "[training]\n"])
def test_settings_are_read_from_the_top_of_a_toml_file_or_from_its_table(tmp_path, head):
    path = tmp_path / "settings.toml"
    path.write_text(head + 'method = "baseline"\nepochs = 10\n')
    assert read_settings(path) == {"method": "baseline", "epochs": 10}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"epochs = ", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"training = 3", "training in .* must be a table, got 3"),
    ],
)
def test_a_file_that_holds_no_settings_is_named(tmp_path, content, message):
    path = tmp_path / "settings.toml"
    path.write_bytes(content)
    with pytest.raises(EmograinError, match=message) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(EmograinError, match=r"missing\.toml.*No such file"):
        read_settings(tmp_path / "missing.toml")
    with pytest.raises(EmograinError, match="directory"):
        read_settings(tmp_path)
