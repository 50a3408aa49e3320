"""Generators from files: what is loaded, what is refused, and that nothing in a file runs."""

import pickle
import re
import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from pargan.audits import make_target
from pargan.audits.generator_files import load_generator
from pargan.errors import ParganError


def network():
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))


@pytest.fixture
def scripted(tmp_path):
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        torch.manual_seed(0)
        made = network()
        torch.jit.script(made).save(tmp_path / "generator.pt")
    return made, str(tmp_path / "generator.pt")


def test_load_generator_of_a_script_equals_its_module_and_does_not_change_it(scripted):
    module, path = scripted
    loaded = load_generator(path, None, latent_dim=3, trust=True)
    assert loaded.shape == (2,)
    reference = torch.zeros(4, 2)
    views = [make_target(each, None, 3, None, reference, num_samples=20, seed=0) for each in (module, loaded.module)]
    torch.testing.assert_close(views[0].samples, views[1].samples)
    assert loaded.module.program.training  # as it was saved
    latents = torch.ones(5, 3, requires_grad=True)
    views[1].generator(latents).sum().backward()
    torch.testing.assert_close(views[1].generator(latents), views[0].generator(latents))
    assert latents.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in loaded.module.parameters())


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("exported") / "generator.pt2")
    made = network().eval()
    batch = torch.export.Dim("batch")
    torch.export.save(torch.export.export(made, (torch.zeros(2, 3),), dynamic_shapes=({0: batch},)), path)
    return made, path


def test_load_generator_of_an_archive_equals_its_module(exported):
    module, path = exported
    loaded = load_generator(path, None, latent_dim=3, trust=True)
    assert loaded.shape == (2,)
    latents = torch.ones(5, 3, requires_grad=True)
    torch.testing.assert_close(loaded.module.to("cpu")(latents), module(latents))
    loaded.module(latents).sum().backward()
    assert latents.grad.abs().sum() > 0
    moved = loaded.module.to(torch.float64)
    assert moved(torch.ones(1, 3, dtype=torch.float64)).dtype == torch.float64


def test_load_generator_loads_no_program_without_trust(scripted, exported, monkeypatch):
    for loader in ("torch.jit.load", "torch.export.load"):
        monkeypatch.setattr(loader, lambda *arguments, **settings: pytest.fail("a program was loaded"))
    for (_, path), kind in ((scripted, "TorchScript file"), (exported, "torch.export archive")):
        error = refused(path, None)
        assert (error.argument, error.value) == ("module", path)
        assert f"is a {kind}, a program" in error.problem
        assert "give trust=true" in error.remedy


def test_load_generator_reports_a_damaged_archive(exported, tmp_path):
    content = bytearray(Path(exported[1]).read_bytes())
    with zipfile.ZipFile(exported[1]) as archive, zipfile.ZipFile(tmp_path / "less.pt2", "w") as less:
        for name in archive.namelist():
            if not name.endswith(".json"):
                less.writestr(name, archive.read(name))
    assert "is neither a TorchScript file nor" in refused(str(tmp_path / "less.pt2"), None, trust=True).problem
    (tmp_path / "half.pt2").write_bytes(content[: len(content) // 2])
    assert "is neither a TorchScript file nor" in refused(str(tmp_path / "half.pt2"), None, trust=True).problem


@pytest.mark.parametrize("name", ["weights.pt", "weights.safetensors"])
def test_load_generator_takes_the_weights_of_a_file(tmp_path, name):
    one, two = network(), network()
    (save_file if name.endswith("safetensors") else torch.save)(one.state_dict(), tmp_path / name)
    loaded = load_generator(two, str(tmp_path / name), latent_dim=3)
    assert loaded.module is two
    assert all(torch.equal(value, two.state_dict()[key]) for key, value in one.state_dict().items())


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def refused(source, weights, latent_dim=3, trust=False):
    """The error of `load_generator`."""
    with pytest.raises(ParganError) as error:
        load_generator(source, weights, latent_dim, trust=trust)
    assert error.value.remedy
    return error.value


def test_load_generator_never_opens_a_pickle(tmp_path):
    path = str(tmp_path / "generator.pt")
    for write in (lambda: torch.save(Bomb(), path), lambda: pickle.dump(Bomb(), open(path, "wb"), protocol=2)):  # noqa: SIM115, PTH123
        write()
        error = refused(path, None)
        assert (error.argument, error.value) == ("module", path)
        assert "a pickled module is refused" in error.problem
        error = refused(network(), path)
        assert (error.argument, error.value) == ("weights", path)
        # PyTorch's own message advises to run the file's code, in colours.
        assert error.problem == "is not a state dict of this module (it holds more than tensors)"
        assert not re.search(r"weights_only|\x1b", str(error))


def test_load_generator_refuses_what_is_not_a_generator(tmp_path):
    path = str(tmp_path / "weights.pt")
    for argument, value, given in (
        ("module", "nowhere.pt", ("nowhere.pt", None)),
        ("module", None, (3, None)),
        ("weights", "nowhere.pt", (network(), "nowhere.pt")),
        ("latent_dim", 4, (network(), None, 4)),
        ("module", None, (nn.Flatten(0), None)),
        ("weights", str(tmp_path), (network(), str(tmp_path))),
        ("weights", "nowhere.safetensors", (network(), "nowhere.safetensors")),
    ):
        error = refused(*given)
        assert (error.argument, error.value) == (argument, value)
    torch.save(nn.Linear(2, 2).state_dict(), path)
    assert "Missing key" in refused(network(), path).problem
    (tmp_path / "weights.safetensors").write_bytes(b"something else")
    assert "is not a state dict" in refused(network(), str(tmp_path / "weights.safetensors")).problem
    (tmp_path / "weights.pt").write_bytes(b"something else")
    assert refused(network(), path).argument == "weights"


def test_load_generator_reports_an_unreadable_file_as_a_read_error(scripted, monkeypatch):
    def forbidden(*arguments, **settings):
        raise PermissionError(13, "Permission denied", "generator.pt")

    _, path = scripted
    monkeypatch.setattr("pathlib.Path.open", forbidden)
    with pytest.raises(ParganError, match=r"^module=.* cannot be read \(Permission denied\); check its permissions$"):
        load_generator(path, None, latent_dim=3, trust=True)
    monkeypatch.setattr(torch, "load", forbidden)
    with pytest.raises(ParganError, match=r"^weights=.* cannot be read \(Permission denied\); check its permissions$"):
        load_generator(network(), path, latent_dim=3)
