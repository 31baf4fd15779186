"""The leaky baseline on random rows, as tutorials split data. For comparison only."""

from typing import Final

import numpy as np
from sklearn.model_selection import train_test_split

from training.data.rows import Rows
from training.fitting.boosting import fit_rows
from training.fitting.settings import Settings
from training.metrics.evaluation import evaluate
from training.metrics.figures import Evaluation
from training.option_values import LEAKY

TEST_SHARE: Final = 0.2
CUT: Final = 0.5


def random_split_figures(rows: Rows, settings: Settings) -> Evaluation:
    """Fit the leaky baseline on a random 80 % of the rows, and evaluate it on the rest at 0.5.

    The figures are too good: both parts share customers and hours, and the columns leak the label.
    """
    fitted, held_out = train_test_split(
        np.arange(len(rows)),
        test_size=TEST_SHARE,
        stratify=rows.is_fraud,
        random_state=settings.seed,
    )
    boosted, test = fit_rows(rows[fitted], LEAKY, settings), rows[held_out]
    log_odds = boosted.margins(test)
    probabilities = 1 / (1 + np.exp(-log_odds.clip(-27, 27)))
    return evaluate(test.labelled(probabilities), threshold=CUT, seed=settings.seed)
