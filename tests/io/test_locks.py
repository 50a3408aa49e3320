import pytest

from pargan.errors import ParganError
from pargan.io.locks import locked
from tests.helpers.lock_holder import hold_lock


def test_locked_waits_for_the_holder_and_ignores_a_killed_process(tmp_path):
    path, calls = tmp_path / "some.lock", []
    process = hold_lock(path)

    def on_wait():
        calls.append("waiting")
        process.kill()

    with locked(path, on_wait):
        assert calls == ["waiting"]
        process.communicate(timeout=10)
        assert process.returncode < 0
    with locked(path, on_wait):  # a lock file without a process is not waited for
        assert calls == ["waiting"]


def test_locked_releases_the_lock_after_an_error(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError), locked(tmp_path / "new" / "some.lock", lambda: pytest.fail("held")):
            raise KeyError


def test_locked_refuses_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(ParganError, match=r"some\.lock cannot be written"),
        locked(tmp_path / "file" / "some.lock", lambda: None),
    ):
        pass
