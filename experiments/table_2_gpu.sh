#!/usr/bin/env bash
# Table 2 in pieces, for machines available for minutes at a time: several trainings in parallel, each resumed where
# it stopped.
#
#   experiments/table_2_gpu.sh OUTPUT [settings of emograin reproduce table-2]
#
# Call it again until it exits with 0; 3 means that some trainings are unfinished. The result is OUTPUT/results;
# OUTPUT/runs holds the checkpoints that the next piece needs.
#   PIECE=510    seconds after which trainings save and stop
#   PACK=4       number of trainings in parallel
set -euo pipefail
output=$1
shift
emograin() { "${PYTHON:-python}" -m emograin "$@"; }
deadline=$(($(date +%s) + ${PIECE:-510}))
mkdir -p "$output"

plan() { emograin reproduce table-2 --output "$output" --dry-run --json "$@" >"$output/plan.json"; }
unfinished() {
  "${PYTHON:-python}" - "$output/plan.json" <<'PLAN'
import json, sys
for each in json.load(open(sys.argv[1]))["trainings"]:
    if each["state"] != "finished":
        print(each["command"].removeprefix("emograin "))
PLAN
}
train_one() { # train until the deadline; on the interrupt the training saves
  left=$((deadline - $(date +%s)))
  [ "$left" -gt 15 ] || return 0
  timeout --signal=INT --kill-after=60 "$left" sh -c "exec \"${PYTHON:-python}\" -m emograin $1" >>"$output/trainings.log" 2>&1 ||
    echo "stopped: emograin $1" >&2
}
export -f train_one
export deadline output PYTHON

plan "$@"
began=$(date +%s)
unfinished | tr '\n' '\0' | xargs -0 -r -P "${PACK:-4}" -I{} bash -c 'train_one "$1"' _ {}
echo $(($(date +%s) - began)) >>"$output/pieces.txt"
plan "$@"
if [ -n "$(unfinished)" ]; then
  echo "this piece is done; unfinished trainings:" >&2
  unfinished >&2
  exit 3
fi
emograin reproduce table-2 --output "$output" "$@"
"${PYTHON:-python}" "$(dirname "$0")/../benchmarks/training_utilisation.py" "$output"/runs/*/ \
  --seconds "$(awk '{ all += $1 } END { print all }' "$output/pieces.txt")" --json "$output/results/training_rates.json"
