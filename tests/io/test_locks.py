import pytest

from pargan.errors import ParganError
from pargan.io.locks import locked
from tests.helpers.lock_holder import hold_lock


def test_a_lock_is_waited_for_and_vanishes_with_a_killed_process(tmp_path):
    path, said = tmp_path / "some.lock", []
    process = hold_lock(path)

    def say():
        said.append("waiting")
        process.kill()

    with locked(path, say):
        assert said == ["waiting"]
        process.communicate(timeout=10)
        assert process.returncode < 0
    with locked(path, say):  # a file that was left behind holds nobody up
        assert said == ["waiting"]


def test_a_lock_is_given_back_after_an_error(tmp_path):
    for _ in range(2):
        with pytest.raises(KeyError), locked(tmp_path / "new" / "some.lock", lambda: pytest.fail("held")):
            raise KeyError


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(ParganError, match=r"some\.lock cannot be written"),
        locked(tmp_path / "file" / "some.lock", lambda: None),
    ):
        pass
