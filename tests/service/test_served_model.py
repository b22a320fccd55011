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


def test_words_of_labels_that_are_not_returned_take_no_memory():
    model, text = open_model(), "thank you so much, what a day!"
    (row,) = model.score([text], [Options(explain=True)])
    everything = model.predictor.predict([text], explain=True).rows[0].words
    assert 0 < len(row.words) < len(everything) == len(model.labels)
    assert len(row.words.weights.weights) == len(row.words)
    assert {label: row.words[label] for label in row.words} == {label: everything[label] for label in row.words}
