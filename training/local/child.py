"""``python -m training.local.child MODULE ARGUMENT...``: run a module that ends with its parent.

Our standard input is a pipe from the parent, which writes nothing. However the parent ends, the
system closes its end of the pipe, and our read returns. This works on every Unix.

Other environments run this too, so it needs only the standard library.
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
