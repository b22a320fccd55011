/** Contributions of words: those of their word pieces, summed. */

import { alignWords } from "./words.js";

/** Return {spans, weights}: the words of a text and, per label, one weight for each. UTF-16 units. */
export function sumPieces(text, pieces, contributions) {
  const { spans, ids } = alignWords(text, pieces.map(({ start, end }) => [start, end]));
  const weights = contributions.map((row) => {
    const sums = new Float64Array(spans.length);
    ids.forEach((word, at) => { if (word >= 0) sums[word] += row[at]; });
    return sums;
  });
  return { spans, weights };
}

/** Return the words with their weights for other labels: derivatives (labels, inputs) @ weights (inputs, words). */
export function unite({ spans, weights }, derivatives) {
  const made = derivatives.map((row) => Float64Array.from(spans, (_, word) =>
    row.reduce((sum, factor, at) => sum + factor * weights[at][word], 0)));
  return { spans, weights: made };
}

/** Join the words of the parts of a text: `parts` is a list of {start, words}. */
export function join(parts) {
  const spans = parts.flatMap(({ start, words }) => words.spans.map(([first, last]) => [start + first, start + last]));
  const labels = parts[0].words.weights.length;
  const weights = Array.from({ length: labels }, (_, at) =>
    Float64Array.from(parts.flatMap(({ words }) => Array.from(words.weights[at]))));
  return { spans, weights };
}
