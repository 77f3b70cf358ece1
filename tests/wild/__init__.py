"""What real suites did to other tools of this kind, done to this one."""

import pytest

pytest.register_assert_rewrite("tests.wild.harness")
