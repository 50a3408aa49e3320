import pytest

from pargan.audits.conditions import parse_condition
from pargan.errors import ParganError

VALUES = {"a.b": 0.6, "c": 0.4, "unknown": None}


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("a.b > 0.55", True),
        ("a.b>0.6", False),
        ("a.b >= .6", True),
        ("0.55 < a.b", True),
        ("c <= a.b", True),
        ("a.b < -1e-3", False),
        ("c > 0.5 or a.b > 0.5", True),
        ("c > 0.5 and a.b > 0.5", False),
        ("a.b > 0.5 or c > 0.5 and c > 0.9", True),  # `and` binds closer
        ("(a.b > 0.5 or c > 0.5) and c > 0.9", False),
        ("((a.b > 0.5))", True),
        # What was not measured is neither true nor false.
        ("unknown > 0.5", None),
        ("unknown <= 0.5", None),
        ("unknown > 0.5 or a.b > 0.5", True),
        ("unknown > 0.5 or c > 0.5", None),
        ("unknown > 0.5 and c > 0.5", False),
        ("unknown > 0.5 and a.b > 0.5", None),
    ],
)
def test_condition_is_true_false_or_not_to_be_told(text, truth):
    condition = parse_condition(text)
    assert condition.truth(VALUES.__getitem__) is truth
    again = parse_condition(str(condition))
    assert again.truth(VALUES.__getitem__) is truth
    assert list(again.names()) == list(condition.names())


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "it ends where a metric or a number should be"),
        ("a.b", "it ends where one of <, <=, >, >= should be"),
        ("a.b > ", "it ends where a metric or a number"),
        ("a.b > 0.5 or", "it ends where a metric or a number"),
        ("a.b > 0.5 c > 1", "there is 'c' where and, or, or its end should be"),
        ("a.b > 0.5 > 0.4", "there is '>' where and, or"),
        ("(a.b > 0.5", "it ends where a closing parenthesis"),
        ("a.b > 0.5)", "there is ')' where and, or"),
        ("or > 0.5", "there is 'or' where a metric or a number"),
        ("1 > 0.5", "1 > 0.5 compares two numbers"),
        ("a.b == 0.5", "at '== 0.5'"),
        ("a.b > 0.5x", "at '0.5x'"),
        ("print(1) > 1", "there is '(' where one of <"),
        ("__import__('os').system('x') > 1", "at \"'os')"),
        ("a.b > 5 %", "at '%'"),
        ("(" * 2000 + "a > 1" + ")" * 2000, "more than 20 parentheses"),
    ],
)
def test_parse_condition_refuses_what_is_none(text, part):
    with pytest.raises(ParganError) as error:
        parse_condition(text)
    assert error.value.argument == "fail_if"
    assert part in str(error.value)
    assert "samples.auc.low > 0.55" in error.value.remedy
