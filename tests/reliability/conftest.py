"""Has the failures of shared tests explained like those of any other."""

import pytest

pytest.register_assert_rewrite("fault_matrix")
