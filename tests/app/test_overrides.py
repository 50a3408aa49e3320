import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from pargan.app.overrides import readable
from pargan.data import table
from tests.helpers.composed import composed


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{größe: numeric}", ["größe"]),
        ('{"petal length (cm)": numeric, age: integer}', ["petal length (cm)", "age"]),
        ("{'a=b': categorical, \"it's\": numeric}", ["a=b", "it's"]),
        ('{"size \\"x\\"": numeric}', ['size "x"']),
        ('{born: "date %d/%m/%Y"}', ["born"]),
    ],
)
def test_types_of_columns_of_any_name_can_be_typed(tmp_path, text, names):
    override = readable(f"dataset.types={text}")
    (parsed,) = OverridesParser.create().parse_overrides([override])
    assert parsed.key_or_group == "dataset.types"
    types = composed("dataset=csv", override).dataset.types
    quoted = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    dates = ",".join("13/02/2019" if name == "born" else "7" for name in names)
    others = ",".join("14/02/2019" if name == "born" else "8" for name in names)
    rows = "\n".join(["a," + dates, "b," + others] * 9)
    (tmp_path / "my.csv").write_text(f"kind,{quoted}\n{rows}\n", encoding="utf-8")
    pool = table(str(tmp_path / "my.csv"), types=types)
    assert [column.name for column in pool.spec.columns] == ["kind", *names]
    assert pool.spec.schema.decision(names[0]).why in ("given", "written as %d/%m/%Y")


@pytest.mark.parametrize(
    "argument", ["dataset.types={age:numeric}", "seed=1", "dataset.types=5", "dataset.types={a: [", "-m"]
)
def test_readable_leaves_other_arguments_alone(argument):
    assert readable(argument) == argument


@pytest.mark.parametrize(
    "condition",
    ["samples.auc.low > 0.55", "a.b > 1 or (c.d <= 2 and e.f < 3)", "a.b>1", "not a condition", 'a "quoted" \\ > 1'],
)
def test_condition_of_a_gate_can_be_typed(condition):
    (parsed,) = OverridesParser.create().parse_overrides([readable(f"fail_if={condition}")])
    assert str(parsed.value()) == condition
    assert readable(readable(f"fail_if={condition}")) == readable(f"fail_if={condition}")
