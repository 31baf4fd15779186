"""Two PaySim payments; chosen before any model was trained."""

from typing import Final

from fraud_api_lambda.domain.checks import JsonObject

FRAUD: Final[JsonObject] = {
    "step": 27,
    "type": "CASH_OUT",
    "amount": 1_300_000.0,
    "nameOrig": "C2718281828",
    "oldbalanceOrg": 1_300_000.0,
    "nameDest": "C3141592653",
    "oldbalanceDest": 0.0,
}
"""An account emptied to the cent by a cash-out at three in the morning."""

GENUINE: Final[JsonObject] = {
    "step": 14,
    "type": "PAYMENT",
    "amount": 1_820.5,
    "nameOrig": "C1618033988",
    "oldbalanceOrg": 20_430.75,
    "nameDest": "M1414213562",
}
"""A purchase at a merchant in the afternoon, a small share of the balance."""
