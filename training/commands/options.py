"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from training.distributed.engine_options import ENGINES
from training.option_names import one_of

DataFile = Annotated[
    Path,
    typer.Option(
        "--data",
        help="CSV or TSV (.gz, .zip too) or Parquet with PaySim's columns.",
        show_default=False,
    ),
]
ModelDirectory = Annotated[Path, typer.Option("--model", help="Directory that train wrote.")]
Bucket = Annotated[str, typer.Option(envvar="FRAUD_MODEL_BUCKET", help="S3 bucket of the models.")]
Parameter = Annotated[
    str,
    typer.Option(envvar="FRAUD_MODEL_PARAMETER", help="SSM parameter that points at the model."),
]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same result.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, change nothing.")]
EngineName = Annotated[
    str, typer.Option("--engine", metavar=one_of(ENGINES), help="Where to compute.")
]
Address = Annotated[
    str | None,
    typer.Option(help="Of the Ray cluster, or auto.", show_default="a Ray of its own, here"),
]

AllowSimulated = Annotated[
    bool,
    typer.Option(
        "--allow-simulated", help="Serve callers even a model that simulated data trained."
    ),
]

BUILD = Path("build/model")
"""Where `train` puts a model unless told otherwise; git ignores it."""

DEMO = Path("build/demo")
"""Where what only runs on this machine puts its own, so that nobody publishes it by default."""
