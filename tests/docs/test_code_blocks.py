"""The code blocks of the README and of docs/ do what they say: Python runs, commands compose."""

import importlib
import sys

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser

from pargan.app import cli, resolvers
from pargan.app.config_directory import config_directory
from pargan.app.overrides import readable
from tests.docs.pages import PAGES, ROOT, RUN, blocks, commands
from tests.helpers.launch import run_process

LANGUAGES = {"bash", "python", "text", "yaml"}
OTHER_COMMANDS = {".ci/run", "mypy", "pargan-report", "pip", "pre-commit", "pytest", "ruff", "sphinx-build"}
WITH_PYTHON = [page for page in PAGES if any(block.language == "python" for block in blocks(page))]


def by_name(page):
    return page.stem


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory):
    """The directory of a run of the default configuration, shortened."""
    folder = tmp_path_factory.mktemp("run")
    quick = ("experiment=smoke", "trainer.max_epochs=1", "audit.controls=false", "trainer.accelerator=cpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["train.py", *quick, "hydra.run.dir=run"])
        GlobalHydra.instance().clear()
        cli.train()
    return folder / "run"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The reader's own folder, from which Python imports; modules imported from it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


def write_files(page, folder):
    """Write the blocks whose caption names a file."""
    for block in blocks(page):
        if block.caption is not None:
            path = folder / block.caption
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    importlib.invalidate_caches()


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_block_has_a_known_language(page):
    assert {block.language for block in blocks(page)} <= LANGUAGES
    assert page.read_text().count("\n```") % 2 == 0


@pytest.mark.parametrize("page", WITH_PYTHON, ids=by_name)
@pytest.mark.filterwarnings("ignore")
def test_python_block_runs(page, folder, request):
    """Blocks of a page run in order and share their names."""
    write_files(page, folder)
    namespace = {"__name__": "__main__"}
    for number, block in enumerate(blocks(page)):
        if block.language == "python" and block.caption is None:
            text = block.text
            if RUN in text:
                text = text.replace(RUN, str(request.getfixturevalue("finished_run")))
            exec(compile(text, f"{page.name}, block {number}", "exec"), namespace)


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=by_name)
def test_command_composes(page, folder):
    """Every train.py, attack.py and so on has a configuration; of a sweep, its first and its last job."""
    write_files(page, folder)
    resolvers.register()
    for words in commands(page):
        if words[:2] == ["python", "-m"]:
            assert (ROOT / f"{words[2].replace('.', '/')}.py").is_file(), words
        elif words[0] == "python" and "--help" not in words:
            for overrides in jobs(words[2:]):
                compose_job(words[1].removesuffix(".py"), overrides)
        elif words[0] != "python":
            assert words[0] in OTHER_COMMANDS, words


def jobs(arguments):
    """The overrides of a command, and the folder of --config-dir as one; of a sweep those of its first and last job."""
    arguments = [readable(each.replace(RUN, "run")) for each in arguments if each != "-m"]
    if "--config-dir" in arguments:
        place = arguments.index("--config-dir")
        arguments[place : place + 2] = [f"hydra.searchpath=[file://{arguments[place + 1]}]"]
    parsed = OverridesParser.create().parse_overrides(arguments)
    choices = [
        [f"{each.key_or_group}={value}" for value in each.sweep_string_iterator()]
        if each.is_sweep_override()
        else [argument]
        for each, argument in zip(parsed, arguments, strict=True)
    ]
    first, last = ([values[place] for values in choices] for place in (0, -1))
    return [first] if first == last else [first, last]


def compose_job(config_name, overrides):
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        cfg = compose(config_name, overrides)
    assert {"attack", "out"} & set(cfg)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [words[2:] for words in commands(ROOT / "docs" / "extend.md") if words[:2] == ["python", "train.py"]],
    ids=lambda arguments: arguments[2],
)
def test_command_of_extend_trains(arguments, folder):
    write_files(ROOT / "docs" / "extend.md", folder)
    trained = run_process("train", *arguments, "trainer.accelerator=cpu", cwd=folder)
    assert trained.status == 0, trained.err
    assert "run directory: outputs/" in trained.out


@pytest.mark.slow
def test_table_of_your_data_trains(folder):
    page = ROOT / "docs" / "your_data.md"
    exec(blocks(page)[0].text, {})
    for words in commands(page):
        if "dataset=csv" in words:
            trained = run_process("train", *words[2:], "generator_steps=20", "trainer.accelerator=cpu", cwd=folder)
            assert trained.status == 0, trained.err
            assert next(folder.glob("outputs/csv-wgan-k5-s0/*/samples/generated.csv")).is_file()
