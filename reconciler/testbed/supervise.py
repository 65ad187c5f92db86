"""The process that a testbed hangs on: it starts the others, and they end when it does.

It is started by up, which gives it the lock of the folder, and it says in the folder's
state.json how far it is. It ends when it is told to, or when nobody owns the testbed any
more: an owner has the pipe "owners" open, and one that writes into it says that the testbed
shall live on without any.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from reconciler.errors import ReconcilerError, TestbedError
from reconciler.testbed.assembly import assemble
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import read_order
from reconciler.testbed.supervisor import Stopped, Supervisor


def main(base: str, name: str, lock: str) -> None:
    """Run a testbed whose lock is open here under this number."""
    if os.fork():
        os._exit(0)
    os.set_inheritable(int(lock), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = TestbedFolder(Path(base), name)
    options, programs = read_order(folder.order)
    supervisor = Supervisor(folder, options, programs)
    try:
        assemble(supervisor)
        supervisor.serve()
    except Stopped:
        supervisor.stop()
        folder.remove()
    except ReconcilerError as e:
        supervisor.stop()
        supervisor.fail(e)
    except BaseException as e:
        supervisor.stop()
        supervisor.fail(TestbedError(f"{type(e).__name__} in the supervisor", why=str(e)))
        raise


if __name__ == "__main__":
    main(*sys.argv[1:])
