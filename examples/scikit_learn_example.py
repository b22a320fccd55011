"""ClassifierChain on TF-IDF, on the scores of the bundled model, and a network trained here, by cross-validation; then
the threshold of one emotion.

python examples/scikit_learn_example.py
python examples/scikit_learn_example.py --train bundled
"""

import argparse

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, cross_val_score
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import emograin
from emograin.sklearn import EmotionClassifier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", metavar="ENCODER", help="train a network as well")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--texts", type=int, default=800)
    options = parser.parse_args()
    split = emograin.load_corpus("quickstart").split("all")
    texts, labels = np.array(split.texts[: options.texts], dtype=object), split.labels[: options.texts].astype(int)
    frequent = np.sort(np.argsort(-labels.sum(axis=0), kind="stable")[:8])  # with enough texts for three folds

    # The bundled model's 28 scores as features: for a few hundred texts of your own.
    scores = FunctionTransformer(EmotionClassifier.from_pretrained().predict_proba)
    chain = ClassifierChain(LogisticRegression(C=10, class_weight="balanced"))
    models = {
        "TF-IDF and ClassifierChain": make_pipeline(TfidfVectorizer(sublinear_tf=True), chain),
        "scores of the bundled model and ClassifierChain": make_pipeline(scores, chain),
    }
    if options.train:
        models["EmotionClassifier, trained here"] = EmotionClassifier(
            "label-initialized", encoder=options.train, epochs=options.epochs, learning_rate=2e-4, random_state=0
        )
    for name, model in models.items():
        found = cross_val_score(model, texts, labels[:, frequent], cv=3, scoring="f1_macro")
        print(f"{name}: macro F1 {found.mean():.3f} ± {found.std():.3f}, {len(frequent)} emotions")

    # One emotion as a binary classifier, at a threshold of your own.
    thankful = labels[:, emograin.GOEMOTIONS.index("gratitude")]
    for threshold in (0.2, 0.5, 0.8):
        chosen = FixedThresholdClassifier(
            make_pipeline(scores, LogisticRegression(C=10)), threshold=threshold, response_method="predict_proba"
        )
        count = chosen.fit(texts, thankful).predict(texts).sum()
        print(f"gratitude at {threshold}: {count} of {len(texts)} texts, {thankful.sum()} are labelled so")


if __name__ == "__main__":
    main()
