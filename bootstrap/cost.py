"""Estimate the account's monthly bill from both templates, part by part."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import typer

from bootstrap.intrinsics import Deployed
from bootstrap.measured import SERVING, Measured, read_measured
from bootstrap.parameters import Environment, effective, read_bootstrap, read_environment
from bootstrap.prices import PRICES, READ, REGION, Price
from bootstrap.transform import BOOTSTRAP_TEMPLATE, TEMPLATE, all_transformed, declared_by
from bootstrap.usage import READ_UNITS, WRITE_UNITS, Resource, Units, loop, units
from training.local.progress import reported

VOLUMES: Final = (0, 10_000, 1_000_000, 100_000_000)
ENVIRONMENTS: Final = ("dev", "prod")
BUSY: Final = "prod"
"""The environment that scores the payments; the other one only has its heartbeat."""

WIDTH: Final = max(len(part) for part in PRICES)

APART: Final = "ECR storage"
"""Left out of the total: its price depends on the images, not on the calls."""

STAND_IN: Final = {
    "ImageUri": f"{'0' * 12}.dkr.ecr.{REGION}.amazonaws.com/x@sha256:{'0' * 64}",
    "ModelBucket": "models",
}
"""Values of parameters that only a deploy knows; they do not change the bill."""

SCHEMES: Final[dict[str, tuple[str, Callable[[Price], float]]]] = {
    "first year": (
        "accounts opened before 15 July 2025, in their first twelve months",
        lambda price: price.first_year_free,
    ),
    "credits": (
        "accounts opened since: the permanent free tier, and credits that pay the rest until spent",
        lambda price: price.always_free,
    ),
    "none": ("list prices: other applications use up the free tiers", lambda _: 0.0),
}

FREE_PLAN: Final = (
    "Free plan (accounts opened since 15 July 2025): AWS closes the account after six months, or "
    "when its credits are used up, and the API ends with it. Upgrade to the paid plan first."
)

Stacks = Mapping[str, list[Resource]]
"""The resources of each stack, by the stack's name in samconfig.toml."""


def account(template: str | None = None, bootstrap: str | None = None) -> Stacks:
    """The account's stacks: bootstrap, and the application in each environment.

    Parameters
    ----------
    template, bootstrap : str, optional
        Text of the templates; the files' unless given.
    """
    application = template or TEMPLATE.read_text()
    stacks = [
        (bootstrap or BOOTSTRAP_TEMPLATE.read_text(), read_bootstrap()),
        *((application, read_environment(name)) for name in ENVIRONMENTS),
    ]
    names = [environment.name for _, environment in stacks]
    return dict(zip(names, all_resources(stacks), strict=True))


def all_resources(stacks: Sequence[tuple[str, Environment]]) -> list[list[Resource]]:
    """The resources that each template makes in its environment of samconfig.toml."""
    deployments = [(text, _parameters(text, environment)) for text, environment in stacks]
    return [
        Deployed(template, parameters).resources()
        for template, (_, parameters) in zip(all_transformed(deployments), deployments, strict=True)
    ]


def _parameters(text: str, environment: Environment) -> dict[str, str]:
    declared = declared_by(text)
    known = {name: value for name, value in STAND_IN.items() if name in declared}
    return effective(declared, environment.overrides, known)


def used(stacks: Stacks, measured: Measured, predictions: int) -> Units:
    """Total usage of all stacks when `prod` scores this many predictions a month."""
    totals: dict[str, float] = dict.fromkeys(PRICES, 0.0)
    for name, resources in stacks.items():
        usage = units(resources, measured, predictions if name == BUSY else 0)
        for part, amount in usage.items():
            totals[part] += amount
    return totals


def bill(amounts: Units, scheme: str) -> dict[str, float]:
    """The price of each part, in US dollars."""
    _, free = SCHEMES[scheme]
    return {part: price.of(amounts[part], free(price)) for part, price in PRICES.items()}


def loop_bill(stacks: Stacks, measured: Measured, predictions: int) -> dict[str, float]:
    """The list price of each activity of the loop, in US dollars."""
    activities = loop(stacks[BUSY], measured, predictions).activities()
    return {
        name: sum(PRICES[part].of(amount, 0) for part, amount in used())
        for name, used in activities.items()
    }


def total(parts: Mapping[str, float]) -> float:
    """The sum of the bill, without the storage of images."""
    return sum(usd for part, usd in parts.items() if part != APART)


def cost(serving: Path = SERVING) -> None:
    """Print the bill at each volume and free tier.

    Raises
    ------
    CheckFailedError
        If a template has a resource or an option without a known price.
    CommandError
        If a template cannot be read.
    """
    measured = read_measured(serving)
    with reported() as progress:
        progress("reading the templates with SAM")
        stacks = account()
    for line in _foreword(stacks, measured):
        typer.echo(line)
    amounts = {volume: used(stacks, measured, volume) for volume in VOLUMES}
    for scheme in SCHEMES:
        typer.echo(f"\nUSD a month, {SCHEMES[scheme][0]}")
        for line in _table({volume: bill(amounts[volume], scheme) for volume in VOLUMES}):
            typer.echo(line)
    typer.echo("\nThe loop, which the tables above include: USD a month, list prices")
    for line in _loop_table({volume: loop_bill(stacks, measured, volume) for volume in VOLUMES}):
        typer.echo(line)


def _foreword(stacks: Stacks, measured: Measured) -> list[str]:
    (memory_mb,) = {
        int(resource["Properties"]["MemorySize"])
        for resource in stacks[BUSY]
        if resource.get("Properties", {}).get("PackageType") == "Image"
    }
    warm, cold = (measured.billed_ms(memory_mb, cold=cold) for cold in (False, True))
    return [
        f"Prices of {REGION}, {READ}; bootstrap/prices.py names AWS's page for each.",
        f"The account: bootstrap, {' and '.join(ENVIRONMENTS)}; {BUSY} scores the payments.",
        f"Durations: {measured.source}.",
        f"Handler {measured.warm_ms:.2f} ms, cold start {measured.cold_ms:.0f} ms of a core.",
        f"At {memory_mb} MB Lambda bills {warm} ms, and {cold} ms on a new container.",
        f"A new container: {measured.cold_share:.0%} of payments (assumed), and every heartbeat.",
        f"A payment's answer has {measured.answer_bytes} bytes, its log {measured.log_bytes}.",
        f"Memory: a payment takes {WRITE_UNITS} write units and {READ_UNITS} read units.",
        f"It waits {measured.table_ms:.0f} ms for the table (assumed).",
        f"Kept {measured.days_kept} days: {measured.record_bytes:,} bytes of each payment.",
        f"New accounts: {measured.states_per_payment:.0%} of payments (assumed).",
        f"Kept: {measured.images_kept} images, {measured.models_kept} models (assumed).",
        f"Reviews: {measured.reviews_share:.1%} of payments, each read and closed once (assumed).",
        f"Outcomes of other sources: {measured.outcomes_share:.1%} of payments (assumed).",
        "Outside of AWS, a watch scans the table each week, and an export and a replay each month.",
        FREE_PLAN,
    ]


def _table(bills: Mapping[int, Mapping[str, float]]) -> list[str]:
    parts = [part for part in PRICES if part != APART]
    return [
        *_rows(parts, bills),
        _row("total", [_usd(total(parts_usd)) for parts_usd in bills.values()]),
        _row(
            "1,000 payments",
            [
                _usd(total(parts_usd) / volume * 1000) if volume else "-"
                for volume, parts_usd in bills.items()
            ],
        ),
        _row(f"{APART}, apart", [_usd(parts_usd[APART]) for parts_usd in bills.values()]),
    ]


def _loop_table(bills: Mapping[int, Mapping[str, float]]) -> list[str]:
    activities = list(bills[0])
    sums = [_usd(sum(parts_usd.values())) for parts_usd in bills.values()]
    return [*_rows(activities, bills), _row("the loop", sums)]


def _rows(names: Sequence[str], bills: Mapping[int, Mapping[str, float]]) -> list[str]:
    return [
        _row("payments a month", [f"{volume:,}" for volume in bills]),
        *(_row(name, [_usd(parts_usd[name]) for parts_usd in bills.values()]) for name in names),
    ]


def _row(name: str, values: Sequence[str]) -> str:
    return f"{name:<{WIDTH}}" + "".join(f"{value:>13}" for value in values)


def _usd(amount: float) -> str:
    """Two decimals from one dollar up, else five, for free tiers are that small."""
    return "0" if amount == 0 else f"{amount:,.2f}" if amount >= 1 else f"{amount:.5f}"
