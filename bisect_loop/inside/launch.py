"""Entry point in the target interpreter: `python launch.py CONTROL.json`.

Kept parseable by old interpreters, so that an unsupported one gets a sentence and not a SyntaxError.
"""

import json
import os
import sys
from typing import Any, Dict, List


def _say(control: Dict[str, Any], **event: str) -> None:
    with open(control["events"], "a") as file:
        file.write(json.dumps(event) + "\n")


# Modules that only some processes need, and what of the control file asks for them.
_MORE = (("worker", "worker"), ("worker", "gate"), ("traced", "trace"), ("pauses", "pauses"))


def _plugins(package: str, control: Dict[str, Any]) -> List[object]:
    """The plugins of this process; no module is imported that it does not need."""
    kind = "controller" if control.get("stage") else "forkserver" if control.get("fds") else "plugin"
    inside = __import__(package, fromlist=[kind, *(part for part, key in _MORE if control.get(key))])
    if kind == "controller":
        return [inside.controller.Controller(control)]
    plugins = [inside.forkserver.Server(control) if kind == "forkserver" else inside.plugin.Conductor(control)]
    if control.get("worker"):
        plugins.append(inside.worker.Identity(control["worker"]))
    if control.get("trace"):
        plugins.append(inside.traced.FreshTraced(control["trace"], plugins[0]))
    if control.get("pauses"):
        plugins.append(inside.pauses.Pauses(control["pauses"]))
    if control.get("gate"):
        plugins.append(inside.worker.Gate(control["gate"]))
    return plugins


def main() -> int:
    with open(sys.argv[1]) as file:
        control = json.load(file)
    _say(control, k="launched")
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
        missing = getattr(error, "name", None) == "pytest"
        _say(control, k="no-pytest" if missing else "broken-pytest", text=str(error))
        return 4
    if int(pytest.__version__.split(".")[0]) < 8:
        _say(control, k="unsupported", text="pytest " + pytest.__version__)
        return 4

    package = os.path.basename(here)
    sys.path.insert(0, os.path.dirname(here))
    # Our own bytecode may be kept (it lies in the tool's folder); the user's tree gets none.
    writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    plugins = _plugins(package, control)
    sys.dont_write_bytecode = writes_none
    if not control.get("stage"):  # else the controller takes it away, once workers have a copy of the path
        sys.path.remove(os.path.dirname(here))

    sys.argv[:] = [os.path.join(os.path.dirname(sys.executable), "pytest"), *control["args"]]
    status = pytest.main(control["args"], plugins=plugins)
    sys.stdout.flush()
    sys.stderr.flush()
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
