import numpy as np
import pytest

from pargan.judge.multiple import ERROR, holm


def test_holm_equals_a_worked_example():
    # 4 x 0.005; 3 x 0.01; 2 x 0.03; 1 x 0.04 is below 0.06 and takes its value.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


def test_holm_rejects_what_the_step_down_procedure_rejects():
    rng = np.random.default_rng(0)
    for _ in range(200):
        p_values = rng.uniform(size=6) ** 3
        adjusted, rejected = holm(p_values), set()
        for i, index in enumerate(np.argsort(p_values)):
            if p_values[index] > ERROR / (6 - i):
                break
            rejected.add(int(index))
        assert {i for i, p_value in enumerate(adjusted) if p_value <= ERROR} == rejected
