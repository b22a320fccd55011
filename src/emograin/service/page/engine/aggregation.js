/** The scores of a text from those of its windows, as in `emograin.prediction.aggregation`. */

const ABSENCE = ["neutral"];  // labels whose score is the mean, weighted by length, instead of the power mean
const EXPONENT = 12;

/** Return scores (labels) of windows with scores (windows, labels) and numbers of word pieces (windows). */
export function aggregate(scores, lengths, labels) {
  if (scores.length === 1) return scores[0];
  return Float32Array.from(labels, (label, at) => {
    const column = scores.map((row) => row[at]);
    if (!ABSENCE.includes(label)) return powerMean(column);
    return weightedMean(column, lengths.map((length) => Math.max(length, 1)));
  });
}

function powerMean(values) {
  const highest = values.reduce((one, other) => Math.max(one, other), 1e-30);  // as a factor, so that no power is rounded to 0
  const mean = values.reduce((sum, value) => sum + (value / highest) ** EXPONENT, 0) / values.length;
  return highest * mean ** (1 / EXPONENT);
}

function weightedMean(values, weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, at) => sum + value * weights[at], 0) / total;
}
