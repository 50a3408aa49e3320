import pytest

from pargan.errors import ParganError
from pargan.io.json_lines import read_json_lines


def test_read_json_lines_leaves_out_half_a_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"epoch": 0}\n{"epoch": 1, "auc": 0.5}\n{"epo')
    assert read_json_lines(path, "epoch") == [('{"epoch": 0}', 0), ('{"epoch": 1, "auc": 0.5}', 1)]
    path.write_text("")
    assert read_json_lines(path, "epoch") == []


@pytest.mark.parametrize("line", [b'{"epoch": ', b"[1]", b'{"spoch": 1}', b"\xff", b"5", b""])
def test_read_json_lines_names_a_damaged_line(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"epoch": 0}\n' + line + b'\n{"epoch": 2}\n')
    with pytest.raises(ParganError, match="is damaged in line 2"):
        read_json_lines(path, "epoch")
