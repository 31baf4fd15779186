"""Backtest the policy: ``python -m benchmarks.policy [--rows N] [--seeds 0,1,2]``.

Fits the default model on simulated data and backtests its policy on the test window. The single
threshold is the cheapest on the threshold window; in hindsight, the cheapest on the test window.
"""

import argparse

from rich.console import Console
from rich.table import Table

from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.fitting.fitted_model import fit_model
from training.fitting.settings import Settings
from training.local.progress import reported
from training.policy.figures import PolicyOutcome
from training.reading.dataset import Dataset
from training.schemas.built_in import built_in
from training.scoring.window_figures import model_figures
from training.simulator.simulate import simulate


def outcome_of(rows: int, seed: int) -> PolicyOutcome:
    """The backtest of the policy on the last six of thirty simulated days."""
    with reported() as begin:
        begin(f"seed {seed}: simulating {rows:,} rows")
        simulated = SplitRows.by_time(Rows.of(Dataset.of(simulate(rows, seed), built_in("paysim"))))
        begin(f"seed {seed}: fitting and deciding")
        arm = fit_model(simulated, "decision-time", Settings(seed=seed))
        return model_figures(arm, simulated.test, seed)["outcome"]


def savings(outcomes: dict[int, PolicyOutcome]) -> Table:
    """A table of the cost of each strategy, and the savings of the policy against it."""
    shown = Table("seed", "strategy", "cost", "the policy saves (95 %)", "of the cost")
    for seed, outcome in outcomes.items():
        shown.add_row(str(seed), "policy", f"{outcome['cost']['policy']:,.0f}")
        for strategy, saved in outcome["saved"].items():
            interval = f"{saved['amount']:,.0f} ({saved['low']:,.0f} to {saved['high']:,.0f})"
            cost = f"{outcome['cost'][strategy]:,.0f}"
            shown.add_row(str(seed), strategy, cost, interval, f"{saved['share']:.1%}")
    return shown


def thresholds(outcome: PolicyOutcome) -> Table:
    """A table of the probabilities at which the decision changes, for five amounts."""
    shown = Table("amount", "review above", "block above", "block above, without reviews")
    for cutoff in outcome["cutoffs"]:
        cutoffs = (
            cutoff["review_above"],
            cutoff["block_above"],
            cutoff["block_above_without_review"],
        )
        review, block, without = (f"{probability:.4f}" for probability in cutoffs)
        never = cutoff["review_above"] >= cutoff["block_above"]
        shown.add_row(f"{cutoff['amount']:,.0f}", "no review" if never else review, block, without)
    return shown


def main() -> None:
    """Read the options, measure, print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seeds", default="0,1,2", help="with commas between")
    options = parser.parse_args()
    seeds = [int(seed) for seed in options.seeds.split(",")]
    outcomes = {seed: outcome_of(options.rows, seed) for seed in seeds}
    console = Console(width=120)
    console.print(savings(outcomes))
    console.print(thresholds(outcomes[seeds[0]]))


if __name__ == "__main__":
    main()
