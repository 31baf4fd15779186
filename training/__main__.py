"""The command line: ``fraud COMMAND``, or ``python -m training COMMAND``."""

import os

from training.commands import (
    erase,
    history,
    local,
    model,
    registry,
    replay,
    schema,
    scores,
    simulate,
    watch,
)
from training.hints import fraud
from training.program import program, run

app = program("fraud", "Simulate, train, evaluate, score and publish fraud models.")
for commands in (simulate, schema, model, scores, history, registry, replay, watch, erase, local):
    app.add_typer(commands.app)


def main() -> None:
    """Run the command line and end with its exit code."""
    # XGBoost's threads spin while they wait: on busy cores a fit took 90 s, and 30 s without that.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    run(app, fraud())


if __name__ == "__main__":
    main()
