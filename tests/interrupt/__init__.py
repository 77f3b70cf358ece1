"""The tool stopped at any moment: by a person, by a signal, by its budget, by kill -9."""

import pytest

pytest.register_assert_rewrite("tests.interrupt.driver", "tests.wild.harness")
