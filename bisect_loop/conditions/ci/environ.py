"""Variables that the CI system's runner sets by itself: their values are its own business."""

from __future__ import annotations

_PREFIXES = (
    "GITHUB_",
    "RUNNER_",
    "ACTIONS_",
    "CI_",
    "GITLAB_",
    "AGENT_",
    "CONDA",
    "PYENV_",
    "LC_",
    "XDG_",
    "BASH",
)
_NAMES = frozenset(
    {
        "HOME",
        "PATH",
        "USER",
        "LOGNAME",
        "SHELL",
        "HOSTNAME",
        "TMPDIR",
        "TEMP",
        "TMP",
        "RANDOM",
        "UID",
        "EUID",
        "PPID",
    }
    | {
        "SECONDS",
        "LANG",
        "TERM",
        "OSTYPE",
        "VIRTUAL_ENV",
        "pythonLocation",
        "LD_LIBRARY_PATH",
        "OLDPWD",
        "JAVA_HOME",
    }
    | {
        "PYTHON",
        "Python_ROOT_DIR",
        "IFS",
        "PIPESTATUS",
        "LINENO",
        "SHLVL",
        "EDITOR",
        "SSH_AUTH_SOCK",
        "DOCKER_HOST",
    }
)

WORKSPACE = frozenset({"GITHUB_WORKSPACE", "CI_PROJECT_DIR"})  # the checkout, wherever it is


def set_by_runner(name: str) -> bool:
    """Tell whether the runner gives `name` a value that no file says."""
    return name in _NAMES or name.startswith(_PREFIXES)
