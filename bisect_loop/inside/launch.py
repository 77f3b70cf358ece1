"""Entry point in the target interpreter: `python launch.py CONTROL.json`.

Kept parseable by old interpreters, so that an unsupported one gets a sentence and not a SyntaxError.
"""

import json
import os
import sys
from typing import Any, Dict


def _say(control: Dict[str, Any], **event: str) -> None:
    with open(control["events"], "a") as file:
        file.write(json.dumps(event) + "\n")


def main() -> int:
    with open(sys.argv[1]) as file:
        control = json.load(file)
    here = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0] or ".") == here:
        # What `pytest` and `python -m pytest` have in this place.
        sys.path[0] = os.getcwd() if control["cwd_on_path"] else os.path.dirname(sys.executable)
    if sys.version_info < (3, 8):
        _say(control, k="unsupported", text="Python %d.%d" % sys.version_info[:2])
        return 4
    try:
        import pytest
    except ImportError as error:
        _say(control, k="no-pytest", text=str(error))
        return 4
    if int(pytest.__version__.split(".")[0]) < 8:
        _say(control, k="unsupported", text="pytest " + pytest.__version__)
        return 4

    package = os.path.basename(here)
    sys.path.insert(0, os.path.dirname(here))
    # Our own bytecode may be kept (it lies in the tool's folder); the user's tree gets none.
    writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    inside = __import__(package, fromlist=["forkserver" if control.get("fds") else "plugin"])
    sys.dont_write_bytecode = writes_none
    sys.path.remove(os.path.dirname(here))
    conductor = inside.forkserver.Server(control) if control.get("fds") else inside.plugin.Conductor(control)

    sys.argv[:] = [os.path.join(os.path.dirname(sys.executable), "pytest"), *control["args"]]
    status = pytest.main(control["args"], plugins=[conductor])
    sys.stdout.flush()
    sys.stderr.flush()
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
