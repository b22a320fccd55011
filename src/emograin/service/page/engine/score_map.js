/** The way from the network's scores to those of the labels: unions and calibration, as in `emograin.evaluation`. */

const TINY = 1e-6, CERTAIN = 1 - 1e-7, PLATT_SHARE = 0.02;

export class ScoreMap {
  /** `values` is the content of score_map.json. */
  constructor({ inputs, stages }) {
    this.inputs = inputs;
    this.stages = stages;
    this.labels = stages.at(-1).labels;
  }

  /** Return the labels of the network that each label unites. */
  get unions() {
    const sets = this.stages.reduce(
      (found, { members }) => members.map((each) => new Set(each.flatMap((at) => [...found[at]]))),
      this.inputs.map((_, at) => new Set([at])),
    );
    const named = (set) => this.inputs.filter((_, input) => set.has(input));
    return Object.fromEntries(this.labels.map((label, at) => [label, named(sets[at])]));
  }

  /** Map the network's scores of one text to those of the labels. */
  map(scores) {
    let values = Array.from(scores);
    for (const stage of this.stages) values = calibrated(stage, united(values, stage.members));
    return Float32Array.from(values);
  }

  /** Return how much each label's logit changes with each of the network's logits: (labels, inputs). */
  derivatives(scores) {
    let values = Array.from(scores);
    let total = this.inputs.map((_, row) => this.inputs.map((_, at) => Number(at === row)));
    for (const stage of this.stages) {
      const union = united(values, stage.members);
      total = stage.members.map((members, at) => this.inputs.map((_, input) => members.reduce((sum, member) => {
        const local = members.length === 1 ? 1 : values[member] / Math.max(union[at], 1e-12);
        return sum + stage.slopes[at] * local * total[member][input];
      }, 0)));
      values = calibrated(stage, union);
    }
    return total;
  }
}

/** Unite scores by noisy-or. */
function united(values, members) {
  const complements = values.map((value) => Math.log1p(-Math.min(Math.max(value, 0), CERTAIN)));
  return members.map((each) => each.length === 1 ? values[each[0]]
    : -Math.expm1(each.reduce((sum, at) => sum + complements[at], 0)));
}

function calibrated({ slopes, intercepts, steps }, values) {
  return values.map((value, at) => {
    const regression = steps?.[at];
    if (!regression && slopes[at] === 1 && intercepts[at] === 0) return value;
    const clipped = Math.min(Math.max(value, TINY), 1 - TINY);
    const logit = Math.log(clipped) - Math.log1p(-clipped);
    const platt = 1 / (1 + Math.exp(-(logit * slopes[at] + intercepts[at])));
    return regression ? PLATT_SHARE * platt + (1 - PLATT_SHARE) * interpolate(logit, ...regression) : platt;
  });
}

/** Interpolate between points whose places ascend; outside them, the nearest height. */
function interpolate(place, places, heights) {
  const next = places.findIndex((each) => each > place);
  if (next === 0) return heights[0];
  if (next < 0) return heights.at(-1);
  const share = (place - places[next - 1]) / (places[next] - places[next - 1]);
  return heights[next - 1] + share * (heights[next] - heights[next - 1]);
}
