"""BERTScore: the scores of the bert-score package on the same encoder, and the exactness of the search."""

from types import SimpleNamespace

import numpy as np
import pytest

from emograin.common.errors import EmograinError
from emograin.mixing.bertscore.low_precision import PRECISIONS
from emograin.mixing.bertscore.score import SCORES, token_weights
from emograin.mixing.bertscore.search import Search
from emograin.mixing.bertscore.token_embeddings import embed_tokens
from emograin.models import encoder

QUERIES = ["so happy today", "it is on the table", "[NAME]", "I hate it, I am furious!", "joy"]
EDGES = ["", "happy", "so happy today", "so happy today", " so happy today ", "the exam " * 300, "ünknown ☃"]


@pytest.fixture(scope="module")
def sentences(corpus):
    return corpus.split("train").texts + EDGES


def embeddings(name, texts, folder, layer=None):
    return embed_tokens(encoder.load(str(name)), texts, folder, layer)


def special(name):
    tokenizer = encoder.load(str(name)).tokenizer
    return [tokenizer.convert_tokens_to_ids(each) for each in (tokenizer.cls_token, tokenizer.sep_token)]


def search(name, queries, texts, folder, layer=None, **options):
    parts = [embeddings(name, each, folder, layer) for each in (queries, texts)]
    return Search(*parts, special(name), **options)


def all_scores(engine, measure="f1"):
    """Score every pair exactly: (queries, sentences)."""
    engine.measure = measure
    return np.stack([engine.score_exactly(at, np.arange(len(engine.corpus))) for at in range(len(engine.queries))])


def bert_scores(name, queries, texts, idf=False, layer=None):
    """Precision, recall and F1 (3, queries, sentences) of the bert-score package, in batches of one pair."""
    from bert_score.utils import bert_cos_score_idf, get_idf_dict

    loaded = encoder.load(str(name))
    tokenizer, model = loaded.tokenizer, loaded.model.eval()
    # bert-score needs tokenizer methods that transformers 5 removed.
    adapter = SimpleNamespace(
        encode=lambda text, **options: tokenizer.encode(text, **(options | {"max_length": loaded.positions})),
        build_inputs_with_special_tokens=lambda _: tokenizer.encode(""),
        pad_token_id=tokenizer.pad_token_id,
        model_max_length=loaded.positions,
    )
    if layer:
        model.encoder.layer = model.encoder.layer[:layer]
    weights = dict.fromkeys(range(len(tokenizer)), 1.0) | dict.fromkeys(special(name), 0.0)
    if idf:
        weights = get_idf_dict(texts, adapter, nthreads=0)
    pairs = [(query, text) for query in queries for text in texts]
    found = bert_cos_score_idf(
        model, [a for a, _ in pairs], [b for _, b in pairs], adapter, weights, batch_size=1, device="cpu"
    )
    found = found.T.reshape(3, len(queries), len(texts)).numpy()
    found[2] *= (found[:2] > 0).all(axis=0)  # bert-score's F1 has a pole here, ours is 0
    return found


@pytest.mark.parametrize("idf", [False, True])
@pytest.mark.parametrize("layer", [None, 1])
def test_scores_equal_those_of_the_bert_score_package(idf, layer, encoders, sentences, tmp_path):
    texts = sentences[:20] + EDGES
    expected = bert_scores(encoders["bert"], QUERIES, texts, idf, layer)
    engine = search(encoders["bert"], QUERIES, texts, tmp_path, layer, idf=idf)
    for measure, scores in zip(["precision", "recall", "f1"], expected, strict=True):
        assert np.abs(all_scores(engine, measure) - scores).max() < 1e-5, measure


def test_scores_equal_those_of_the_package_for_every_family_of_encoders(any_encoder, tmp_path):
    texts = ["so happy today", "the train leaves at nine and I am worried", "page 3"]
    engine = search(any_encoder, QUERIES, texts, tmp_path, top=1)
    assert np.abs(all_scores(engine) - bert_scores(any_encoder, QUERIES, texts)[2]).max() < 1e-5


@pytest.mark.parametrize("measure", SCORES)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_search_equals_scoring_every_pair(measure, precision, encoders, sentences, tmp_path):
    engine = search(encoders["bert"], QUERIES, sentences, tmp_path, measure=measure, precision=precision)
    found, every = engine.run(), all_scores(engine, measure)
    for query, scores in enumerate(every):
        best = np.lexsort((np.arange(len(scores)), -scores.round(6)))[:5]
        assert found.rows[query].tolist() == best.tolist()
        assert np.abs(found.scores[query] - scores[best]).max() < 2e-6


def test_a_sentence_is_its_own_nearest_and_ties_go_to_the_lower_row(encoders, sentences, tmp_path):
    found = search(encoders["bert"], sentences[:30], sentences, tmp_path, top=1).run()
    assert found.scores[:, 0] == pytest.approx(np.ones(30), abs=1e-5)
    assert found.rows[:, 0].tolist() == [sentences.index(text) for text in sentences[:30]]
    three = search(encoders["bert"], ["so happy today"], EDGES, tmp_path, top=3).run()
    assert three.rows.tolist() == [[2, 3, 4]]


def test_excluded_rows_are_left_out(encoders, tmp_path):
    engine = search(encoders["bert"], ["so happy today"], EDGES, tmp_path, top=1)
    assert engine.run(excluded=[[2, 3]]).rows.tolist() == [[4]]
    with pytest.raises(EmograinError, match="query 0 has fewer than 1 sentences left"):
        engine.run(excluded=[range(len(EDGES))])


def test_a_baseline_rescales(encoders, sentences, tmp_path):
    raw = search(encoders["bert"], QUERIES, sentences, tmp_path).run()
    rescaled = search(encoders["bert"], QUERIES, sentences, tmp_path, baseline=0.4).run()
    assert (rescaled.rows == raw.rows).all()
    assert rescaled.scores == pytest.approx((raw.scores - 0.4) / 0.6, abs=1e-6)


def test_results_do_not_depend_on_memory(encoders, sentences, tmp_path, monkeypatch):
    monkeypatch.setattr("emograin.mixing.bertscore.token_embeddings.FILE_TOKENS", 100)
    much = search(encoders["bert"], sentences, sentences, tmp_path / "much").run()
    little = search(encoders["bert"], sentences, sentences, tmp_path / "little", memory=4000)
    assert little.batch_size < 10
    found = little.run()
    assert (found.rows == much.rows).all()
    assert found.scores == pytest.approx(much.scores, abs=1e-6)


def test_an_interrupted_search_resumes(encoders, sentences, tmp_path, monkeypatch):
    def engine():
        return search(encoders["bert"], sentences, sentences, tmp_path, memory=4_000)

    whole = engine().run()
    folder, seen = tmp_path / "rows", []

    def stop(pairs):
        seen.append(pairs)
        if len(seen) == 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine().run(folder, on_progress=stop)
    saved = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert saved
    pairs = []
    again = engine().run(folder, on_progress=pairs.append)
    assert (again.rows == whole.rows).all()
    assert (again.scores == whole.scores).all()
    assert sum(pairs) == len(sentences) ** 2
    assert {path: path.stat().st_mtime_ns for path in saved} == saved  # not computed again
    changed = search(encoders["bert"], sentences, sentences, tmp_path, memory=4_000, measure="recall")
    assert (changed.run(folder).rows == changed.run().rows).all()  # another search does not use them
    monkeypatch.setattr(Search, "search_batch", None)
    assert (engine().run(folder).rows == whole.rows).all()  # all read from the files
    next(iter(saved)).write_bytes(b"nothing")
    with pytest.raises(EmograinError, match=r"cannot read .*delete it"):
        engine().run(folder)


def test_bad_settings_are_errors(encoders, sentences, tmp_path):
    with pytest.raises(EmograinError, match=r"top must lie in \[1, 1\], the corpus's sentences, got 5"):
        search(encoders["bert"], QUERIES, ["one"], tmp_path)
    with pytest.raises(EmograinError, match=r"unknown measure 'F1' \(valid: f1, precision, recall\)"):
        search(encoders["bert"], QUERIES, sentences, tmp_path, measure="F1")
    with pytest.raises(EmograinError, match=r"baseline must be below 1, got 1"):
        search(encoders["bert"], QUERIES, sentences, tmp_path, baseline=1)
    with pytest.raises(EmograinError, match=r"layer must lie in \[1, 2\], got 3"):
        search(encoders["bert"], QUERIES, sentences, tmp_path, layer=3)


def test_token_weights_sum_to_1_per_sentence():
    ids, lengths = np.array([1, 7, 8, 2, 1, 7, 2, 1, 2]), np.array([4, 3, 2])
    assert token_weights(ids, lengths, [1, 2], None, 2).tolist() == [0, 0.5, 0.5, 0, 0, 1, 0, 0, 0]
    idf = {7: 1.0, 8: 3.0, 1: 0.0, 2: 0.0}
    assert token_weights(ids, lengths, [1, 2], idf, 2).tolist() == [0, 0.25, 0.75, 0, 0, 1, 0, 0, 0]


def test_exchanging_queries_and_corpus_exchanges_precision_and_recall(encoders, tmp_path):
    forward = search(encoders["bert"], QUERIES, EDGES, tmp_path)
    backward = search(encoders["bert"], EDGES, QUERIES, tmp_path)
    assert all_scores(forward, "precision") == pytest.approx(all_scores(backward, "recall").T, abs=1e-6)
    assert all_scores(forward) == pytest.approx(all_scores(backward).T, abs=1e-6)
