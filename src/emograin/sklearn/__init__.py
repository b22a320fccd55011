"""An estimator of scikit-learn: fit on texts and labels, predict labels, or use a trained model as it is.

>>> from emograin.sklearn import EmotionClassifier  # doctest: +SKIP
>>> EmotionClassifier.from_pretrained().predict(["I love you"]).sum()  # doctest: +SKIP
1
"""

from ..common.optional import import_optional

import_optional("sklearn", "sklearn")

from .classifier import EmotionClassifier  # noqa: E402 - after a check with a better message

__all__ = ["EmotionClassifier"]
