"""Generators from files: what is loaded, what is refused, and that nothing in a file runs."""

import pickle
import warnings

import pytest
import torch
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


def test_a_script_generates_what_its_module_does_and_stays_as_it_was(scripted):
    module, path = scripted
    loaded = load_generator(path, None, latent_dim=3)
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


def test_weights_are_those_of_the_file(tmp_path):
    one, two = network(), network()
    torch.save(one.state_dict(), tmp_path / "weights.pt")
    loaded = load_generator(two, str(tmp_path / "weights.pt"), latent_dim=3)
    assert loaded.module is two
    assert all(torch.equal(value, two.state_dict()[key]) for key, value in one.state_dict().items())


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


def test_a_pickle_is_never_opened(tmp_path):
    path = str(tmp_path / "generator.pt")
    for write in (lambda: torch.save(Bomb(), path), lambda: pickle.dump(Bomb(), open(path, "wb"), protocol=2)):  # noqa: SIM115, PTH123
        write()
        with pytest.raises(ParganError, match=r"^module=.* is no TorchScript file, and a pickled module is refused"):
            load_generator(path, None, latent_dim=3)
        with pytest.raises(ParganError, match=r"^weights=.* is no state dict of this module"):
            load_generator(network(), path, latent_dim=3)


def test_what_cannot_be_a_generator_is_refused(tmp_path):
    with pytest.raises(ParganError, match=r"^module=nowhere.pt is no file"):
        load_generator("nowhere.pt", None, latent_dim=3)
    with pytest.raises(ParganError, match=r"^module is a int; give a torch.nn.Module"):
        load_generator(3, None, latent_dim=3)
    with pytest.raises(ParganError, match=r"^weights=nowhere.pt is no file"):
        load_generator(network(), "nowhere.pt", latent_dim=3)
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "weights.pt")
    with pytest.raises(ParganError, match=r"^weights=.* is no state dict of this module \(.*Missing key"):
        load_generator(network(), str(tmp_path / "weights.pt"), latent_dim=3)
    (tmp_path / "weights.pt").write_bytes(b"something else")
    with pytest.raises(ParganError, match=r"^weights=.* is no state dict of this module \("):
        load_generator(network(), str(tmp_path / "weights.pt"), latent_dim=3)
    with pytest.raises(
        ParganError, match=r"^latent_dim=4: the module cannot be evaluated at latents of shape \(2, 4\)"
    ):
        load_generator(network(), None, latent_dim=4)
    with pytest.raises(ParganError, match=r"^the module returns shape \(6,\), torch.float32 for two latents"):
        load_generator(nn.Flatten(0), None, latent_dim=3)


def test_weights_that_are_a_folder_are_no_file(tmp_path):
    with pytest.raises(ParganError, match=r"^weights=.* is no file; give a state dict, saved with torch\.save$"):
        load_generator(network(), str(tmp_path), latent_dim=3)


def test_a_file_that_may_not_be_read_is_not_called_another_kind_of_file(scripted, monkeypatch):
    def forbidden(*arguments, **settings):
        raise PermissionError(13, "Permission denied", "generator.pt")

    _, path = scripted
    monkeypatch.setattr("pathlib.Path.open", forbidden)
    with pytest.raises(ParganError, match=r"^module=.* cannot be read \(Permission denied\); check its permissions$"):
        load_generator(path, None, latent_dim=3)
    monkeypatch.setattr(torch, "load", forbidden)
    with pytest.raises(ParganError, match=r"^weights=.* cannot be read \(Permission denied\); check its permissions$"):
        load_generator(network(), path, latent_dim=3)
