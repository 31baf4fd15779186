"""What is being done now, on stderr: a spinner on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console


@contextmanager
def reported() -> Iterator[Callable[[str], None]]:
    """A function to call with each step as it begins; says how long each took."""
    console = Console(stderr=True, highlight=False)
    step, since = "", monotonic()

    def finish() -> None:
        if step:
            console.print(f"  {step} ({monotonic() - since:.1f} s)", markup=False)

    with console.status("") as status:

        def begin(text: str) -> None:
            nonlocal step, since
            finish()
            step, since = text, monotonic()
            status.update(f"{text} ...")

        yield begin
    finish()
