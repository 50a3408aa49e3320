"""Every command here runs in a folder of its own."""

import pytest

from tests.helpers.launch import only_announced, run_inside


@pytest.fixture
def run(monkeypatch, capfd, tmp_path):
    """run("train", "dataset=blobs", ...) in this process and in `tmp_path`."""
    monkeypatch.chdir(tmp_path)
    for variable in ("HYDRA_FULL_ERROR", "PARGAN_DATA_DIR", "WANDB_MODE"):
        monkeypatch.delenv(variable, raising=False)
    return lambda name, *arguments: run_inside(monkeypatch, capfd, name, *arguments)


@pytest.fixture
def refuses(run, tmp_path, monkeypatch):
    """Run a command that must fail: status 1, one line on stderr with these parts, no new file."""
    monkeypatch.setenv("PARGAN_DATA_DIR", str(tmp_path / "nothing"))
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")  # no server: like a machine without network

    def check(name, arguments, parts, cause=""):
        before = set(tmp_path.rglob("*"))
        ended = run(name, *arguments)
        assert ended.status == 1, cause
        assert only_announced(ended.out)
        (line,) = ended.err.splitlines()
        assert line.startswith(f"{name}.py: ")
        for part in parts:
            assert part in line
        assert set(tmp_path.rglob("*")) == before

    return check
