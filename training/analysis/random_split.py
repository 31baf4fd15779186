"""Where tutorials' figures come from: the leaky columns judged on random rows. A warning only."""

from typing import Final

import numpy as np
from sklearn.model_selection import train_test_split

from training.arm_names import LEAKY
from training.data.matrix import derive
from training.data.rows import Data
from training.fitting.boosting import fit_rows, margins_of
from training.fitting.settings import Settings
from training.metrics.evaluation import evaluate
from training.metrics.figures import Evaluation
from training.metrics.labelled_scores import LabelledScores

TEST_SHARE: Final = 0.2
CUT: Final = 0.5


def random_split_figures(data: Data, settings: Settings) -> Evaluation:
    """The leaky arm fitted on four random rows in five, and judged on the fifth at 0.5.

    The same customers and hours are on both sides, and the same columns know the outcome.
    """
    matrix = data.matrix(LEAKY)
    fitted, judged = train_test_split(
        np.arange(len(data.steps)),
        test_size=TEST_SHARE,
        stratify=data.is_fraud,
        random_state=settings.seed,
    )
    booster, _ = fit_rows(
        matrix[fitted], data.is_fraud[fitted], data.weights[fitted], LEAKY, settings
    )
    odds = margins_of(booster, derive(matrix[judged], LEAKY))
    probabilities = 1 / (1 + np.exp(-odds.clip(-27, 27)))
    predicted = LabelledScores(data.is_fraud[judged], probabilities, data.weights[judged])
    return evaluate(predicted, threshold=CUT, seed=settings.seed)
