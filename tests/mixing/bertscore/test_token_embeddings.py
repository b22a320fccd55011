"""Token embeddings and their cache: used, resumed, and refused if it is damaged."""

import resource

import pytest
import torch

from emograin.common.errors import EmograinError
from emograin.mixing.bertscore import token_embeddings
from emograin.mixing.bertscore.search import nearest
from emograin.mixing.bertscore.token_embeddings import embed_tokens
from emograin.models import encoder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def test_mean_embeddings_are_those_of_a_plain_forward_pass(corpus, encoders, tmp_path):
    loaded, texts = encoder.load(str(encoders["bert"])), corpus.split("dev").texts
    means = embed_tokens(loaded, texts, tmp_path).mean()
    for text, mean in zip(texts, means, strict=True):
        with torch.inference_mode():
            states = loaded.model.eval()(**loaded.tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        expected = torch.nn.functional.normalize(states, dim=-1).mean(dim=0)
        assert mean == pytest.approx((expected / expected.norm()).numpy(), abs=1e-5)


def test_the_cache_is_used_and_errors_in_it_are_reported(encoders, cache, monkeypatch):
    loaded = encoder.load(str(encoders["bert"]))
    queries, corpus = ["so happy", "sad"], ["so glad", "the table", "mad"]
    first = nearest(queries, corpus, loaded, cache, top=2)
    folders = sorted((cache / "embeddings").iterdir())
    assert len(folders) == 2
    monkeypatch.setattr("emograin.mixing.bertscore.token_embeddings._encode", None)
    assert (nearest(queries, corpus, loaded, cache, top=2).scores == first.scores).all()
    assert (nearest(queries, corpus, loaded, cache, top=1).rows == first.rows[:, :1]).all()  # other search, same tokens
    monkeypatch.undo()
    changed = encoder.load(str(encoders["bert"]))
    changed.model.get_input_embeddings().weight.data += 0.3
    nearest(queries, corpus, changed, cache, top=2)
    assert len(list((cache / "embeddings").iterdir())) == 4  # other weights, other embeddings
    metadata = folders[0] / "embeddings.json"
    metadata.write_text(metadata.read_text().replace('"layer": 2', '"layer": 1'))
    with pytest.raises(EmograinError, match=r"holds embeddings of other layer \(delete it, or name another cache"):
        nearest(queries, corpus, loaded, cache, top=1, measure="recall")
    metadata.write_text("{")
    with pytest.raises(EmograinError, match="cannot read .*embeddings.json"):
        nearest(queries, corpus, loaded, cache, top=1, measure="recall")


def test_interrupted_embeddings_resume_and_damaged_ones_are_refused(encoders, cache, corpus, monkeypatch):
    monkeypatch.setattr("emograin.mixing.bertscore.token_embeddings.FILE_TOKENS", 200)
    loaded, texts = encoder.load(str(encoders["bert"])), corpus.split("train").texts
    whole = embed_tokens(loaded, texts, cache / "whole")
    encode, calls = token_embeddings._encode, []

    def full(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return encode(*arguments)

    monkeypatch.setattr(token_embeddings, "_encode", full)
    with pytest.raises(OSError, match="No space"):
        embed_tokens(loaded, texts, cache / "broken")
    embeddings = embed_tokens(loaded, texts, cache / "broken")
    assert len(calls) == len(whole.files) + 1  # none twice except the one that failed
    for row in range(len(texts)):
        assert (embeddings.sentence(row) == whole.sentence(row)).all()
    path = embeddings.folder / "tokens-00000.npy"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(EmograinError, match=r"cannot read .*tokens-00000.npy.*delete it"):
        embed_tokens(loaded, texts, cache / "broken").sentence(int(embeddings.files[0][0]))


def test_a_full_disk_is_an_error_and_leaves_no_partial_file(encoders, cache, corpus):
    loaded, texts = encoder.load(str(encoders["bert"])), corpus.split("train").texts
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(
            EmograinError, match=r"cannot write .*tokens-00000.npy': File too large \(.*free disk space"
        ):
            embed_tokens(loaded, texts, cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["embeddings.json"]
    assert len(embed_tokens(loaded, texts, cache)) == len(texts)
