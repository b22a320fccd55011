import assert from "node:assert/strict";
import { test } from "node:test";

import { aggregate } from "../engine/aggregation.js";
import { AlignedText } from "../engine/aligned_text.js";
import { Positions, strip } from "../engine/characters.js";
import { batches } from "../engine/network.js";
import { ScoreMap } from "../engine/score_map.js";
import { sentenceSpans } from "../engine/sentences.js";
import { pack } from "../engine/windows.js";
import { alignWords } from "../engine/words.js";

test("positions in code points and in UTF-16 units", () => {
  const positions = new Positions("a\u{1f600}b");
  assert.equal(positions.length, 3);
  assert.deepEqual([0, 1, 2, 3].map((at) => positions.unit(at)), [0, 1, 3, 4]);
  assert.deepEqual([0, 1, 3, 4].map((at) => positions.point(at)), [0, 1, 2, 3]);
});

test("sentences", () => {
  const text = "Mr. Smith came. I was so glad!\nThen he left";
  assert.deepEqual([...sentenceSpans(text)].map(([start, end]) => text.slice(start, end)),
    ["Mr. Smith came.", "I was so glad!", "Then he left"]);
});

test("windows are packed up to the limit", () => {
  const windows = [{ start: 0, end: 2, ids: [7] }, { start: 3, end: 5, ids: [8, 8] }, { start: 6, end: 9, ids: [9] }];
  assert.deepEqual(pack(windows, 3), [{ start: 0, end: 5, ids: [7, 8, 8] }, { start: 6, end: 9, ids: [9] }]);
});

test("word pieces find their words", () => {
  assert.deepEqual(alignWords("so terrified!", [[0, 2], [3, 9], [9, 12], [12, 13]]),
    { spans: [[0, 2], [3, 13]], ids: [0, 1, 1, 1] });
});

test("scores of windows", () => {
  const scores = [Float32Array.of(0, 0.75), Float32Array.of(0.5, 0.25)];
  const found = aggregate(scores, [4, 4], ["joy", "neutral"]);
  assert.deepEqual(Array.from(found, (score) => score.toFixed(2)), ["0.47", "0.50"]);
});

test("very many windows, and long runs of white space", () => {
  const found = aggregate(new Array(300000).fill(Float32Array.of(0.5)), new Array(300000).fill(1), ["joy"]);
  assert.equal(found[0].toFixed(2), "0.50");
  assert.equal(strip(`\u3000 a${" ".repeat(1000000)}b\n`).length, 1000002);
  assert.equal(strip(" \n"), "");
});

test("batches of similar length", () => {
  assert.deepEqual(batches([300, 9, 100, 2]), [[0], [2, 1, 3]]);
});

test("replaced characters keep their places", () => {
  const text = AlignedText.of("a :) b").replace(/:\)/gu, "\u{1f642}");
  assert.equal(text.text, "a \u{1f642} b");
  assert.deepEqual(text.span(2, 4), [3, 4]);
  assert.deepEqual(text.span(5, 6), [5, 6]);
});

test("unions and calibration", () => {
  const map = new ScoreMap({ inputs: ["a", "b", "c"], stages: [
    { labels: ["ab", "c"], members: [[0, 1], [2]], slopes: [1, 1], intercepts: [0, Math.log(3)], steps: {} },
  ] });
  assert.deepEqual(Array.from(map.map([0.5, 0.5, 0.5]), (score) => score.toFixed(2)), ["0.75", "0.75"]);
  assert.deepEqual(map.unions, { ab: ["a", "b"], c: ["c"] });
  assert.deepEqual(map.derivatives([0.5, 0.5, 0.5]).map((row) => row.map((value) => value.toFixed(2))),
    [["0.67", "0.67", "0.00"], ["0.00", "0.00", "1.00"]]);
});
