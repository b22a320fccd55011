# Teachers of BERT size, their scores of the texts that students read, and students of 6 layers.
#
#   make -f experiments/distillation.mk -j8 OUT=runs/distillation MPNET=FOLDER CORPUS=FOLDER EARLIER_CORPUS=FOLDER \
#     EARLIER="FILE.npz ..." STUDENT=FOLDER
#
#   MPNET           encoder of the teachers, STUDENT: encoder or run that students start from
#   CORPUS          texts for students to read, by scripts/distillation_corpus.py with --paraphrases
#   EARLIER_CORPUS  the same without --paraphrases; EARLIER: scores of these texts by earlier teachers
#
# Each target is made once; an interrupted training is resumed. DEVICE=cuda scores the texts on a GPU; trainings take one
# by themselves. On an H100 (16 cores) with NVIDIA's MPS, three teachers side by side take 150 seconds.
PYTHON ?= python
DEVICE ?= cpu
DATA ?= goemotions
OUT ?= runs/distillation
SEEDS ?= 0 1 2
FOLDS := 0 1 2 3 4
EARLIER ?=
STUDENT_EPOCHS ?= 3
TRAIN = $(PYTHON) -m emograin train
RESUME = $$(test ! -e $(@D)/run.json || echo --resume)

comma := ,
space := $(subst ,, )
joined = $(subst $(space),$(comma),$(strip $(1)))

GOLD := $(SEEDS:%=gold-%)
TEACHERS := $(GOLD) distilled-0 distilled-1
SCORES := $(TEACHERS:%=$(OUT)/scores/%.npz)
OUT_OF_FOLD := $(OUT)/out-of-fold/scores.npz
STUDENTS := $(SEEDS:%=student-%) student-without-paraphrases student-half-out-of-fold student-out-of-fold

students: $(STUDENTS:%=$(OUT)/%/thresholds.json)
teachers: $(SCORES)
out-of-fold: $(OUT_OF_FOLD)

MPNET_SETTINGS = --encoder $(MPNET) --batch-size 32 --learning-rate 5e-5 --ema-decay 0.999
$(OUT)/gold-%/thresholds.json:
	$(TRAIN) label-initialized --data $(DATA) $(MPNET_SETTINGS) --epochs 2 --seed $* --output $(@D) $(RESUME)
# One epoch on the earlier teachers' scores, without paraphrases, which those have not scored.
$(OUT)/distilled-%/thresholds.json:
	$(TRAIN) label-initialized --data $(EARLIER_CORPUS) $(MPNET_SETTINGS) --epochs 1 --seed 1$* \
	  --teacher $(call joined,$(EARLIER)) --distillation-weight 1 --output $(@D) $(RESUME)
$(OUT)/scores/%.npz: $(OUT)/%/thresholds.json
	$(PYTHON) scripts/teacher_scores.py $(<D) $@ --data $(CORPUS) --device $(DEVICE)

FOLD = $(PYTHON) scripts/out_of_fold_scores.py label-initialized --data $(DATA) --encoder $(MPNET) --epochs 1 \
  --learning-rate 5e-5 --seed 2 --device $(DEVICE) --output $(OUT)/out-of-fold
$(OUT)/out-of-fold/fold-%/fold.npy:
	$(FOLD) --fold $*
$(OUT_OF_FOLD): $(FOLDS:%=$(OUT)/out-of-fold/fold-%/fold.npy)
	$(FOLD)

# Students: the mean of all teachers, with and without paraphrases to read; or with out-of-fold scores of the training
# texts, for half of the teachers' weight or in the place of those trained on gold labels.
STUDENT_SETTINGS = --encoder $(STUDENT) --distillation-weight 1 --epochs $(STUDENT_EPOCHS) --batch-size 32 \
  --learning-rate 2e-4 --ema-decay 0.999 --evaluate-every 970
define student
	$(TRAIN) baseline --data $(1) --teacher $(call joined,$(2)) $(STUDENT_SETTINGS) --seed $(3) --output $(@D) $(RESUME)
endef
$(SEEDS:%=$(OUT)/student-%/thresholds.json): $(OUT)/student-%/thresholds.json: $(SCORES)
	$(call student,$(CORPUS),$(SCORES) $(EARLIER),$*)
$(OUT)/student-without-paraphrases/thresholds.json: $(SCORES)
	$(call student,$(EARLIER_CORPUS),$(SCORES) $(EARLIER),0)
$(OUT)/student-half-out-of-fold/thresholds.json: $(SCORES) $(OUT_OF_FOLD)
	$(call student,$(CORPUS),$(SCORES) $(EARLIER) $(SCORES:%=$(OUT_OF_FOLD)),0)
$(OUT)/student-out-of-fold/thresholds.json: $(SCORES) $(OUT_OF_FOLD)
	$(call student,$(CORPUS),$(filter-out $(GOLD:%=$(OUT)/scores/%.npz),$(SCORES)) $(GOLD:%=$(OUT_OF_FOLD)),0)

.PHONY: students teachers out-of-fold
.SECONDARY:
