import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { load } from "emograin";

const FOLDER = process.env.EMOGRAIN_MODEL ?? new URL("../../src/emograin/prediction/shipped", import.meta.url).href;
const TEXTS = [
  "Thank you so much, you made my whole week!", "Wait, why would anyone do that?", "The shop opens at nine.",
];
const labelsOf = (prediction) => prediction.labels.map((each) => each.label);
let model;
before(async () => { model = await load(FOLDER); });

test("texts get their emotions", async () => {
  const found = await model.predict(TEXTS);
  assert.deepEqual(found.map((each) => labelsOf(each)[0]), ["gratitude", "curiosity", "neutral"]);
  for (const { labels, scores } of found) {
    assert.deepEqual(Object.keys(scores), model.labels);
    assert.ok(labels.every(({ label, score, threshold }) => score === scores[label] && score >= threshold));
  }
});

test("a text alone has the scores that it has among others", async () => {
  const together = await model.predict([...TEXTS, "so glad ".repeat(20)]);
  const [alone] = await model.predict(TEXTS[1]);
  assert.deepEqual(alone, together[1]);
});

test("emoji are read", async () => {
  const [smiling, furious] = await model.predict(["\u{1f602}\u{1f602}\u{1f602}", "\u{1f621}"]);
  assert.deepEqual([labelsOf(smiling)[0], labelsOf(furious)[0]], ["amusement", "anger"]);
});

test("values that are no texts get an error", async () => {
  const found = await model.predict(["ok", "", " \t", null, 7, "\ud83d"]);
  assert.equal(found[0].error, undefined);
  assert.deepEqual(found.slice(1).map((each) => each.error), [
    "the text is empty", "the text is empty", "the text is missing: it must be a string, got null",
    "the text must be a string, got number", "the text is not valid Unicode: it has half of a surrogate pair",
  ]);
});

test("words explain labels, with positions in code points", async () => {
  const text = "\u{1f600} I am furious!";
  const [{ labels, words }] = await model.predict([text], { explain: true });
  assert.deepEqual(Object.keys(words), labels.map((each) => each.label));
  const best = words.anger.reduce((one, other) => other.weight > one.weight ? other : one);
  assert.equal(Array.from(text).slice(best.start, best.end).join(""), "furious!");
});

test("long texts are read whole, and sentences have labels", async () => {
  const filler = "The train leaves at nine from the second platform. ".repeat(30);
  const text = `Dr. Smith is here. ${filler}I am furious!`;
  const [prediction] = await model.predict([text], { segments: true, explain: true });
  assert.equal(prediction.segments.length, 32);
  assert.equal(text.slice(0, prediction.segments[0].end), "Dr. Smith is here.");
  assert.deepEqual(labelsOf(prediction.segments.at(-1)), ["anger"]);
  assert.ok(prediction.scores.anger > 0.3 && !prediction.truncated);
  const [beginning] = await model.predict([text], { windows: false });
  assert.ok(beginning.scores.anger < 0.1 && beginning.truncated);
});

test("policies, and at least one label", async () => {
  assert.deepEqual(Object.keys(model.thresholds), ["fixed", "global", "per-label"]);
  const [found] = await model.predict(TEXTS[0], { thresholds: "fixed" });
  assert.ok(Math.abs(found.labels[0].threshold - 0.3) < 1e-6);
  await assert.rejects(model.predict(TEXTS, { thresholds: "other" }), /unknown threshold policy other/);
  await assert.rejects(model.predict(TEXTS, { thresholds: "toString" }), /unknown threshold policy toString/);
  for (const other of [5, {}, undefined, null]) await assert.rejects(model.predict(other), /texts must be strings, got/);
  const [none] = await model.predict("asdf qwer 123", { atLeastOne: true });
  assert.equal(none.labels.length >= 1, true);
});

test("progress is told, and a signal stops", async () => {
  const told = [], stop = new AbortController();
  const texts = Array.from({ length: 120 }, (_, at) => `so glad you came, number ${at}`);
  const running = model.predict(texts, {
    signal: stop.signal,
    onProgress: (done, total) => { told.push([done, total]); if (told.length === 2) stop.abort(); },
  });
  await assert.rejects(running, { name: "AbortError" });
  assert.equal(told.length, 2);
  assert.ok(told[0][0] < told[1][0] && told[1][0] < 120 && told[0][1] === 120);
});

test("a file that was changed is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "emograin-"));
  after(() => rmSync(folder, { recursive: true }));
  cpSync(new URL(FOLDER.endsWith("/") ? FOLDER : `${FOLDER}/`, import.meta.url), folder, { recursive: true });
  writeFileSync(join(folder, "thresholds.json"), "{}");
  await assert.rejects(load(folder), /thresholds.json is not the file that was exported/);
  rmSync(join(folder, "tokenizer.json"));
  await assert.rejects(load(folder), /tokenizer.json of the model cannot be read/);
  writeFileSync(join(folder, "model.json"), '{"producer": "emograin", "format": 2}');
  await assert.rejects(load(folder), /format 2, expected 3/);
});

test("a model is loaded from an address", async () => {
  const root = new URL(FOLDER.endsWith("/") ? FOLDER : `${FOLDER}/`, import.meta.url);
  const server = createServer(async (request, response) => {
    const content = await readFile(new URL(request.url.slice(1), root)).catch(() => null);
    response.writeHead(content ? 200 : 404).end(content ?? "");
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  after(() => server.close());
  const remote = await load(`http://127.0.0.1:${server.address().port}`);
  assert.deepEqual(await remote.predict(TEXTS), await model.predict(TEXTS));
  await assert.rejects(load(`http://127.0.0.1:${server.address().port}/nowhere/`), /status 404/);
});
