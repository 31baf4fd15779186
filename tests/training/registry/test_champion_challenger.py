"""A candidate is served only if it beats the served model by the margin, on rows new to both."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from typer.testing import CliRunner, Result

from fraud_api_lambda.decisions.bundle import pack
from fraud_api_lambda.decisions.policy import Policy
from fraud_api_lambda.domain.schema import Attribute, Kind
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.model.calibration import Platt, as_dict
from tests.aws import Aws
from tests.bundles import (
    POLICY,
    bundle_of,
    examples_of,
    make_bundle,
    make_content,
    make_history_bundle,
    write_model,
)
from tests.transactions import LEARNED, PAYSIM, PLAN, body
from training.__main__ import app
from training.errors import CheckFailedError, CommandError, InputError
from training.hints import fraud
from training.registry import champion_challenger
from training.registry.champion_challenger import challenge
from training.registry.paired_comparison import cost_saved
from training.registry.publishing import Published, promote_version, publish

TRAINED_ON: dict[str, Any] = {
    "rows": 200,
    "seed": 0,
    "refitted": False,
    "windows": {
        "fit": {"start": 1, "end": 30},
        "calibrate": None,
        "threshold": {"start": 31, "end": 40},
    },
    "evaluated_on": {"start": 51, "end": 80},
}
"""The evaluation starts ten hours later, when labels have arrived."""


def bundle(*, intercept: float = 0.0, policy: Policy = POLICY, **trained_on: Any) -> bytes:
    """A model that blocks payments that empty the account; other intercepts block none or all."""
    return pack(content_of(intercept, policy, **trained_on))


def content_of(intercept: float, policy: Policy = POLICY, **trained_on: Any) -> dict[str, Any]:
    calibration = Platt(slope=1.0, intercept=intercept)
    content = make_content()
    booster = xgb.Booster(model_file=bytearray(content["booster"]))
    examples = examples_of(booster, PLAN, calibration=calibration, policy=policy)
    return content | {
        "policy": policy.as_dict(),
        "calibration": as_dict(calibration),
        "examples": examples.as_dict(),
        "trained_on": {**TRAINED_ON, **trained_on},
    }


GOOD = bundle()
BLIND = bundle(intercept=-8.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred hours of 20 payments; every tenth empties an account and is fraud."""
    chance = np.random.default_rng(7)
    n = 2_000
    fraud = np.arange(n) % 10 == 0
    balance = chance.integers(10_000, 1_000_000, n).astype(float)
    path = tmp_path_factory.mktemp("data") / "later.csv"
    pd.DataFrame(
        {
            "step": np.arange(n) // 20 + 1,
            "type": np.where(fraud, "TRANSFER", "PAYMENT"),
            "amount": np.where(fraud, balance, balance * 0.1),
            "nameOrig": "C1",
            "oldbalanceOrg": balance,
            "nameDest": np.where(fraud, "C2", "M2"),
            "isFraud": fraud.astype(int),
        }
    ).to_csv(path, index=False)
    return path


def serve(aws: Aws, model: bytes, tmp_path: Path) -> str:
    version = write_model(tmp_path / "served", model)
    aws.serve(version, model)
    return version


def ask(data: Path, directory: Path, *options: str) -> Result:
    result = CliRunner().invoke(app, ["challenge", str(directory), "--data", str(data), *options])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def published(aws: Aws) -> set[str]:
    listed = aws.s3.list_objects_v2(Bucket=aws.bucket).get("Contents", [])
    return {item["Key"].split("/")[1] for item in listed}


def test_a_better_candidate_is_published_and_served(aws: Aws, data: Path, tmp_path: Path) -> None:
    old = serve(aws, BLIND, tmp_path)
    new = write_model(tmp_path / "candidate", GOOD)

    result = ask(data, tmp_path / "candidate")

    assert result.exit_code == 0
    *_, verdict, moved = result.stdout.splitlines()
    assert verdict.startswith("better: 100.0% of the cost saved (95 % interval ")
    assert moved == f"serving {new}, before: {old}"
    undo = f"rollback --bucket {aws.bucket} --parameter {aws.parameter}"
    assert result.stderr.splitlines()[-1] == f"to undo: {fraud()} {undo}"
    assert aws.served() == (new, old)
    assert new in published(aws)


def test_a_model_with_histories_is_compared_by_the_second_model_which_answers(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    old = serve(aws, BLIND, tmp_path)
    candidate = make_history_bundle(without_history=content_of(0.0), trained_on=TRAINED_ON)
    new = write_model(tmp_path / "candidate", candidate)

    found = json.loads(ask(data, tmp_path / "candidate", "--json").stdout)["comparison"]

    assert found["candidate"]["cost"] == 0
    assert aws.served() == (new, old)


def test_a_candidate_with_equal_ranking_can_still_cost_less(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    serve(aws, BLIND, tmp_path)
    write_model(tmp_path / "candidate", GOOD)

    found = json.loads(ask(data, tmp_path / "candidate", "--json").stdout)["comparison"]

    assert found["average_precision_gain"]["value"] == 0
    assert found["current"]["cost"] == found["current"]["frauds"]
    assert found["candidate"]["cost"] == 0
    assert found["better"]


def test_a_worse_candidate_fails_the_check_and_changes_nothing(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    old = serve(aws, GOOD, tmp_path)
    new = write_model(tmp_path / "candidate", bundle(intercept=8.0))
    before = aws.registry.read_pointer()

    result = ask(data, tmp_path / "candidate")

    assert result.exit_code == 3
    assert result.stdout.splitlines()[-1].startswith("not better: ")
    assert aws.registry.read_pointer() == before
    assert published(aws) == {old}
    assert new not in published(aws)


@pytest.mark.parametrize("margin", ["0", "0.01"])
def test_an_equal_candidate_is_refused(aws: Aws, data: Path, tmp_path: Path, margin: str) -> None:
    old = serve(aws, BLIND, tmp_path)
    write_model(tmp_path / "candidate", bundle(intercept=-9.0))

    result = ask(data, tmp_path / "candidate", "--margin", margin)

    assert result.exit_code == 3
    assert "not better: 0.0% of the cost saved" in result.stdout
    assert aws.served() == (old, None)


def test_the_served_model_does_not_beat_itself(aws: Aws, data: Path, tmp_path: Path) -> None:
    old = serve(aws, BLIND, tmp_path)

    assert ask(data, tmp_path / "served").exit_code == 3
    assert aws.served() == (old, None)


@pytest.mark.parametrize(("above", "code"), [(-1e-6, 0), (0.0, 0), (1e-6, 3)])
def test_a_saving_equal_to_the_margin_is_enough(
    aws: Aws, data: Path, tmp_path: Path, above: float, code: int
) -> None:
    serve(aws, BLIND, tmp_path)
    write_model(tmp_path / "candidate", bundle(policy=replace(POLICY, block_share=1e-5)))
    dry = json.loads(ask(data, tmp_path / "candidate", "--json", "--dry-run").stdout)
    saved = dry["comparison"]["cost_saved"]["value"]
    assert 0.01 < saved < 0.99

    result = ask(data, tmp_path / "candidate", "--margin", repr(saved + above))

    assert result.exit_code == code


def test_both_models_are_compared_by_the_prices_of_the_served_one(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    old = serve(aws, BLIND, tmp_path)
    write_model(tmp_path / "candidate", bundle(policy=replace(POLICY, fraud_fixed=0.0)))

    assert ask(data, tmp_path / "candidate").exit_code == 3
    assert aws.served() == (old, None)


def test_a_hotfix_promoted_during_the_comparison_stays(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    old = serve(aws, BLIND, tmp_path)
    hotfix = write_model(tmp_path / "hotfix", make_bundle(5))
    write_model(tmp_path / "candidate", GOOD)

    def promote_hotfix(step: str) -> None:
        if step.startswith("comparing"):
            publish(tmp_path / "hotfix", **aws.where)
            promote_version(hotfix, **aws.where)

    with pytest.raises(CheckFailedError, match=f"now it serves {hotfix}, before: {old}; if"):
        challenge(tmp_path / "candidate", data, **aws.where, margin=0.01, progress=promote_hotfix)

    assert aws.served() == (hotfix, old)
    assert published(aws) == {hotfix, old}


def test_a_hotfix_promoted_during_the_upload_stays(
    aws: Aws, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = serve(aws, BLIND, tmp_path)
    hotfix = write_model(tmp_path / "hotfix", make_bundle(5))
    new = write_model(tmp_path / "candidate", GOOD)

    def publish_slowly(directory: Path, **_: str) -> Published:
        publish(tmp_path / "hotfix", **aws.where)
        promote_version(hotfix, **aws.where)
        return publish(directory, **aws.where)

    monkeypatch.setattr(champion_challenger, "publish", publish_slowly)

    with pytest.raises(CheckFailedError, match=f"now it serves {hotfix}, before: {old}; if"):
        ask(data, tmp_path / "candidate")

    assert aws.served() == (hotfix, old)
    assert published(aws) == {new, hotfix, old}


def test_the_first_model_is_served_with_a_notice(aws: Aws, data: Path, tmp_path: Path) -> None:
    new = write_model(tmp_path / "candidate", GOOD)

    result = ask(data, tmp_path / "candidate")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].startswith("no model is served yet")
    assert aws.served() == (new, None)


@pytest.mark.parametrize("first", [True, False])
def test_a_dry_run_says_what_would_change_and_changes_nothing(
    aws: Aws, data: Path, tmp_path: Path, *, first: bool
) -> None:
    old = None if first else serve(aws, BLIND, tmp_path)
    new = write_model(tmp_path / "candidate", GOOD)
    before = published(aws)

    result = ask(data, tmp_path / "candidate", "--dry-run")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"would serve {new}, before: {old}"
    command = ("challenge", "--model", tmp_path / "candidate", "--data", data, "--margin", 0.01)
    assert result.stderr.splitlines()[-1].startswith(f"next: {fraud(*command)} --bucket ")
    assert aws.served() == (None if first else (old, None))
    assert published(aws) == before


def test_json_states_whether_the_model_was_promoted(aws: Aws, data: Path, tmp_path: Path) -> None:
    serve(aws, BLIND, tmp_path)
    write_model(tmp_path / "candidate", GOOD)

    dry, wet, again = (
        json.loads(ask(data, tmp_path / "candidate", "--json", *options).stdout)
        for options in (["--dry-run"], [], [])
    )

    assert [each["promoted"] for each in (dry, wet, again)] == [False, True, False]


def test_the_comparison_window_starts_after_both_trainings(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    refitted = bundle(
        intercept=-8.0,
        refitted=True,
        windows={**TRAINED_ON["windows"], "threshold": {"start": 31, "end": 70}},
    )
    serve(aws, refitted, tmp_path)
    write_model(tmp_path / "candidate", GOOD)

    assert ask(data, tmp_path / "candidate").stdout.startswith("steps 71 to 100, ")


def test_a_model_without_a_refit_is_compared_after_its_label_delay(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    serve(aws, BLIND, tmp_path)
    write_model(tmp_path / "candidate", GOOD)

    assert ask(data, tmp_path / "candidate").stdout.startswith("steps 51 to 100, ")


@pytest.mark.parametrize("trained_longer", ["served model", "candidate"])
def test_a_window_that_either_model_was_trained_on_is_refused(
    aws: Aws, data: Path, tmp_path: Path, trained_longer: str
) -> None:
    windows = {**TRAINED_ON["windows"], "threshold": {"start": 31, "end": 60}}
    longer = bundle(intercept=-8.0, windows=windows)
    models = [GOOD, longer] if trained_longer == "candidate" else [longer, GOOD]
    old = serve(aws, models[0], tmp_path)
    write_model(tmp_path / "candidate", models[1])

    with pytest.raises(CheckFailedError, match=f"the {trained_longer} .* was trained on"):
        ask(data, tmp_path / "candidate", "--from", "60", "--to", "90")

    assert aws.served() == (old, None)


def test_without_later_data_the_message_suggests_a_remedy(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    serve(aws, BLIND, tmp_path)
    windows = {**TRAINED_ON["windows"], "threshold": {"start": 31, "end": 100}}
    write_model(tmp_path / "candidate", bundle(refitted=True, windows=windows))

    with pytest.raises(CheckFailedError, match=r"no later data to compare on.*--no-refit"):
        ask(data, tmp_path / "candidate")


def test_a_window_without_fraud_is_refused(aws: Aws, tmp_path: Path, data: Path) -> None:
    serve(aws, BLIND, tmp_path)
    write_model(tmp_path / "candidate", GOOD)
    frame = pd.read_csv(data)
    frame.loc[frame["step"] > 50, "isFraud"] = 0
    frame.to_csv(tmp_path / "genuine.csv", index=False)

    with pytest.raises(InputError, match="hold 1000 rows, 0 of them fraud"):
        ask(tmp_path / "genuine.csv", tmp_path / "candidate")


def test_a_served_model_that_fails_verification_is_not_replaced_silently(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    write_model(tmp_path / "candidate", GOOD)
    aws.ssm.put_parameter(Name=aws.parameter, Value="{}", Type="String")

    with pytest.raises(CheckFailedError, match="not a model pointer"):
        ask(data, tmp_path / "candidate")

    assert published(aws) == set()


def test_a_missing_served_model_is_not_treated_as_a_first_model(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    serve(aws, BLIND, tmp_path)
    pinned = aws.registry.read_pointer().current
    aws.s3.delete_object(Bucket=aws.bucket, Key=pinned.key, VersionId=pinned.version_id)
    write_model(tmp_path / "candidate", GOOD)

    with pytest.raises(CommandError, match=r"NoSuchVersion|NoSuchKey"):
        ask(data, tmp_path / "candidate")


def test_the_interval_of_the_saving_is_a_paired_bootstrap() -> None:
    chance = np.random.default_rng(1)
    current = chance.exponential(100.0, 400)

    share, low, high = cost_saved(current, 0.8 * current, seed=0)

    assert share == pytest.approx(0.2)
    assert [low, high] == pytest.approx([0.2, 0.2])


def test_a_saving_on_one_row_is_not_significant() -> None:
    current = np.r_[1_000.0, np.ones(500)]

    share, low, _ = cost_saved(current, np.r_[0.0, np.ones(500)], seed=0)

    assert share == pytest.approx(1_000 / 1_500)
    assert low == 0


def test_no_costs_mean_no_saving() -> None:
    assert cost_saved(np.zeros(3), np.ones(3), seed=0) == (0.0, 0.0, 0.0)


ONE, OTHER = (Attribute(name, Kind.NUMBER, (name,)) for name in ("one", "other"))


def plan_with(*attributes: Attribute, **roles: Any) -> Plan:
    """PaySim's columns and further ones, in this order."""
    schema = replace(
        PAYSIM,
        attributes={**PAYSIM.attributes, **{each.name: each for each in attributes}},
        roles=replace(PAYSIM.roles, **roles),
    )
    return Plan(schema, LEARNED, "strict")


def with_columns(plan: Plan, intercept: float = 0.0) -> bytes:
    """A model that blocks a payment whose field `one` is 1; other intercepts block none."""
    own = plan.schema.attributes.keys() & {"one", "other"}
    values = [{"one": float(is_fraud), "other": float(not is_fraud)} for is_fraud in (1, 0) * 20]
    sent = [body(**{name: each[name] for name in own}) for each in values]
    calibration = Platt(slope=1.0, intercept=intercept)
    return bundle_of(
        plan, sent, calibration=calibration, trained_on={**TRAINED_ON, "rows": len(sent)}
    )


@pytest.fixture(scope="module")
def columns(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same file with two more columns, of which `one` is the label and `other` its reverse."""
    frame = pd.read_csv(data)
    path = tmp_path_factory.mktemp("columns") / "later.csv"
    frame.assign(one=frame["isFraud"], other=1 - frame["isFraud"]).to_csv(path, index=False)
    return path


def test_each_model_reads_the_file_in_the_order_of_its_own_columns(
    aws: Aws, columns: Path, tmp_path: Path
) -> None:
    serve(aws, with_columns(plan_with(ONE, OTHER)), tmp_path)
    write_model(tmp_path / "candidate", with_columns(plan_with(OTHER, ONE)))

    found = json.loads(ask(columns, tmp_path / "candidate", "--json").stdout)["comparison"]

    assert found["current"]["cost"] == found["candidate"]["cost"] == 0


def test_a_candidate_that_breaks_callers_is_refused_with_the_command_that_serves_it(
    aws: Aws, columns: Path, tmp_path: Path
) -> None:
    old = serve(aws, with_columns(plan_with(), intercept=-8.0), tmp_path)
    new = write_model(tmp_path / "candidate", with_columns(plan_with(ONE)))

    with pytest.raises(CheckFailedError, match="field one is new and required") as caught:
        ask(columns, tmp_path / "candidate", "--margin", "0.5")

    assert aws.served() == (old, None)
    assert published(aws) == {old}
    *_, last = str(caught.value).splitlines()
    words = shlex.split(last.removeprefix(f"next: {fraud()} "))
    result = CliRunner().invoke(app, words)
    assert "warning: field one is new and required" in result.stderr
    assert aws.served() == (new, old)


def test_a_file_that_the_served_model_cannot_read_is_refused_with_a_remedy(
    aws: Aws, data: Path, tmp_path: Path
) -> None:
    old = serve(aws, with_columns(plan_with(ONE)), tmp_path)
    write_model(tmp_path / "candidate", GOOD)

    with pytest.raises(InputError, match=rf"served model {old} cannot .*without a comparison by"):
        ask(data, tmp_path / "candidate", "--schema-change")


def test_models_of_other_labels_are_not_compared(aws: Aws, columns: Path, tmp_path: Path) -> None:
    serve(aws, with_columns(plan_with(ONE)), tmp_path)
    write_model(tmp_path / "candidate", with_columns(plan_with(ONE, label="other")))

    with pytest.raises(CheckFailedError, match="take the label from other columns"):
        ask(columns, tmp_path / "candidate", "--schema-change")
