"""The model that is served: its card is optional, and a malformed one is left out."""

import asyncio
import shutil

import httpx
import pytest

from emograin.prediction.shipped_model import CARD, shipped_model
from emograin.service.app import create_app
from emograin.service.logs import JsonLines
from emograin.service.options import Options
from emograin.service.served_model import open_model


@pytest.mark.parametrize(
    "card",
    [b"{", b"[1]", b"\xff", b"[" * 100_000, b'{"a": NaN}', b'{"a": "\\ud800"}', b"", b'{"name": ' + b"9" * 5000 + b"}"],
)
def test_a_malformed_model_card_is_left_out(tmp_path, caplog, card):
    folder = tmp_path / "model"
    shutil.copytree(shipped_model(), folder)
    (folder / CARD).write_bytes(card)
    model = open_model(folder)
    assert (model.card, model.name) == (None, "model")
    assert [record.getMessage() for record in caplog.records] == ["the model card is left out"]
    assert len(JsonLines().format(caplog.records[0]).splitlines()) == 1
    answer = asyncio.run(_describe(model))
    assert (answer.status_code, answer.json()["card"]) == (200, None)


async def _describe(model):
    transport = httpx.ASGITransport(create_app(model))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/v1/model")


@pytest.mark.parametrize("at_least_one", [False, True])
def test_words_of_all_labels_that_may_be_returned_are_kept_and_of_no_others(at_least_one):
    model, text = open_model(), "thank you so much, what a day!"
    (row,) = model.score([text], [Options(explain=True)])
    assert len(row.words) < len(model.labels)
    for thresholds in model.thresholds.values():
        reached = [label for label, score, at in zip(model.labels, row.scores, thresholds, strict=True) if score >= at]
        if at_least_one and not reached:
            reached = [model.labels[row.scores.argmax()]]
        assert set(reached) <= set(row.words)
    everything = model.predictor.predict([text], explain=True).rows[0].words
    assert {label: row.words[label] for label in row.words} == {label: everything[label] for label in row.words}
    assert model.labels[row.scores.argmax()] in row.words
