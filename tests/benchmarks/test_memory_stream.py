"""How simulated payments are sent, and how their probabilities are compared."""

import numpy as np

from benchmarks.memory_stream import bodies, compared, differing, without_labels
from training.schemas.built_in import built_in
from training.simulator.by_schema import SIMULATORS


def test_a_row_is_sent_without_labels_and_missing_values() -> None:
    schema = built_in("cards")
    frame = without_labels(SIMULATORS["cards"].simulate(1_000, 0), schema)
    frame.loc[0, "country"] = None

    first, second, *_ = bodies(frame, ["amount", "country", "other"], "payment_id")

    assert first == {"payment_id": "row-0", "amount": frame["amount"][0]}
    assert second.keys() == {"payment_id", "amount", "country"}
    assert not {"is_fraud", "reported_at", "typology"} & set(frame)


def test_probabilities_that_differ_in_the_last_bit_are_found() -> None:
    expected = np.array([0.1, 0.2, 0.3])
    found = [0.1, float(np.nextafter(0.2, 1)), 0.3]
    answers = [{"fraud_probability": each, "degraded": []} for each in found]
    answers[2]["degraded"] = ["no_history"]

    assert differing(found, expected).tolist() == [1]
    assert list(compared(answers, expected)) == [
        "answers limited by the table: 1",
        "rows that differ from fraud score: 1",
        f"  row 1: {found[1]!r}, not 0.2",
    ]
