"""``python -m training.local.child MODULE ARGUMENT...``: run a module that ends with its parent.

The parent holds the other end of our standard input and writes nothing. However the parent ends,
the system closes that end, and we read the end of the file. This works on every Unix.
"""

import os
import runpy
import sys
from threading import Thread


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    Thread(target=_end_with_parent, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
