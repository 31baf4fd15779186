"""A row becomes a request without the people in it: other ids, coarse places, no day."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from fraud_api_lambda.domain.schema import Attribute, Kind, Time, Unit
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.model.calibration import calibrated
from tests.bundles import CALIBRATION, POLICY
from tests.schemas import CARDS, card_body
from training.bundling.example_bodies import body_of
from training.bundling.examples import answer_to
from training.data.encoder import PlanEncoder
from training.data.rows import Rows
from training.fitting.boosting import Boosted, margins_of
from training.fitting.fitted_model import FittedModel
from training.reading.dataset import Dataset

PLAN = CARDS.plan()


def rows_of(plan: Plan = PLAN, **changes: Any) -> Rows:
    """A fraud and a genuine purchase, in a frame as files are read."""
    body = card_body(**{"device_id": "d1", "city": "Berlin", **changes})
    frame = pd.DataFrame([{**body, "is_fraud": 1}, {**body, "is_fraud": 0}])
    return Rows.of(Dataset.of(frame, plan.schema))


def body(**changes: Any) -> dict[str, Any]:
    return body_of(rows_of(**changes), 0, PLAN)


def test_ids_are_replaced_and_what_no_model_needs_is_left_out() -> None:
    made = body()

    assert made["card"] == "1000000001"
    assert not {"number", "device_id", "city", "is_fraud"} & set(made)


@pytest.mark.parametrize(
    ("shop", "replaced"),
    [
        ("CH Mills", "CHPAYEE"),
        ("Mills", "CPAYEE"),
        ("4711", "2000000002"),
    ],
)
def test_an_invented_id_keeps_the_prefix_and_the_kind_of_the_real_one(
    shop: str, replaced: str
) -> None:
    assert body(shop=shop)["shop"] == replaced


def with_attributes(*more: Attribute) -> Plan:
    attributes = {**CARDS.schema.attributes, **{each.name: each for each in more}}
    return replace(PLAN, schema=replace(CARDS.schema, attributes=attributes))


@pytest.mark.parametrize(
    ("value", "replaced"),
    [
        ("ann@example.org", "CTEXT"),
        ("tmp-ann@example.org", "tmp-TEXT"),
        ("tmp-new-ann@example.org", "tmp-new-TEXT"),
        ("4917012345678", "3000000003"),
    ],
)
@pytest.mark.parametrize("column", ["email", "device_id"])
def test_a_text_that_only_prefixes_are_read_of_is_replaced(
    column: str, value: str, replaced: str
) -> None:
    plan = with_attributes(
        Attribute("tmp", Kind.FLAG, (column,), prefix="tmp-"),
        Attribute("tmp_new", Kind.FLAG, (column,), prefix="tmp-new-"),
    )

    assert body_of(rows_of(plan, **{column: value}), 0, plan)[column] == replaced


@pytest.mark.parametrize("column", ["category", "mcc"])
def test_a_value_of_a_category_that_the_model_does_not_know_is_replaced(column: str) -> None:
    made = body(**{column: "hangar rental"})

    assert made[column] == "CTEXT"
    assert CARDS.reader.payment(made).degraded == (f"unseen:{column}",)


def test_places_are_rounded_to_a_tenth_of_a_degree() -> None:
    made = body(lat=52.516_275, long=-13.377_704)

    assert (made["lat"], made["long"]) == (52.5, -13.4)


def test_a_time_keeps_its_hour_alone() -> None:
    assert body(at="2019-07-31 23:59:58")["at"] == "2026-01-01 23:00:00"


@pytest.mark.parametrize(
    ("unit", "first", "count", "posted"),
    [
        (Unit.HOUR, 0, 27, 3),
        (Unit.HOUR, 1, 24, 24),
        (Unit.HOUR, 1, 25, 1),
        (Unit.SECOND, 0, 90_061, 3_600),
        (Unit.DAY, 0, 12, 0),
        (Unit.DAY, 1, 12, 1),
        (Unit.HOUR, 100, 125, 101),
    ],
)
def test_a_count_is_moved_to_the_first_day(unit: Unit, first: int, count: int, posted: int) -> None:
    roles = replace(CARDS.schema.roles, time=Time("at", unit, first))
    plan = replace(PLAN, schema=replace(CARDS.schema, roles=roles))
    rows = rows_of(plan, at=count)

    made = body_of(rows, 0, plan)

    assert made["at"] == posted
    assert plan.reader.payment(made).facts.hour == (rows.facts.hour[0])


def test_a_missing_value_is_left_out() -> None:
    assert "tries" not in body(tries=np.nan)
    assert not {"shop_lat", "shop_long"} & set(body(shop_lat=np.nan, shop_long=np.nan))


def test_the_answer_is_that_of_the_model_to_exactly_the_body() -> None:
    rows = rows_of(lat=52.516_275)
    booster = xgb.train(
        {"objective": "binary:logistic", "nthread": 1, "min_child_weight": 0},
        xgb.DMatrix(PlanEncoder(PLAN).encoded(rows), label=rows.is_fraud, nthread=1),
        num_boost_round=2,
    )
    boosted = Boosted(PlanEncoder(PLAN), booster, 0)
    fitted = FittedModel("decision-time", "none", boosted, CALIBRATION, (), POLICY, 0.5)
    made = body_of(rows, 0, PLAN)

    example = answer_to(made, fitted, 0.0)

    row = np.array([PLAN.row(CARDS.reader.payment(made).facts)], dtype=np.float32)
    assert example.transaction == made
    assert example.fraud_probability == pytest.approx(
        calibrated(float(margins_of(booster, row)[0]), CALIBRATION)
    )
