import pytest

from pargan.report.words import significant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "n/a"),
        (0.0, "0"),
        (6e-05, "0.00006"),
        (-6.1234567e-05, "-0.00006123"),
        (1e-6, "0.000001"),
        (9e-7, "< 0.000001"),
        (-3e-12, "> -0.000001"),
        (0.00012345, "0.0001234"),
        (0.6258, "0.6258"),
        (12345.6, "12,346"),
        (3e10, "3e+10"),
    ],
)
def test_significant_writes_numbers_without_exponents(value, text):
    assert significant(value) == text
