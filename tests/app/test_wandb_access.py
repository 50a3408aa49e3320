import pytest
import requests
from omegaconf import OmegaConf

from pargan.app.wandb_access import refuse_unreachable_wandb, wandb_errors
from pargan.errors import ParganError

WANDB = {"_target_": "pytorch_lightning.loggers.WandbLogger", "mode": "online"}


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(monkeypatch, tmp_path):
    pytest.importorskip("wandb")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)


def test_refuse_unreachable_wandb_without_login(monkeypatch):
    monkeypatch.setattr(requests, "get", lambda *args, **kwargs: pytest.fail("asked the network"))
    with pytest.raises(ParganError, match=r"is not logged in to .*`wandb login`, or give logger\.wandb\.mode=offline"):
        refuse_unreachable_wandb(OmegaConf.create({"wandb": WANDB}))


def test_refuse_unreachable_wandb_without_network(monkeypatch):
    def get(url, timeout):
        assert timeout <= 10
        raise requests.ConnectionError("nobody there")

    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setattr(requests, "get", get)
    with pytest.raises(ParganError, match=r"cannot reach https?://.* \(ConnectionError\); check the network"):
        refuse_unreachable_wandb(OmegaConf.create({"wandb": WANDB}))


@pytest.mark.parametrize("change", [{"mode": "offline"}, {"mode": "disabled"}, {"offline": True}])
def test_refuse_unreachable_wandb_asks_nothing_offline(monkeypatch, change):
    monkeypatch.setattr(requests, "get", lambda *args, **kwargs: pytest.fail("asked the network"))
    refuse_unreachable_wandb(OmegaConf.create({"wandb": WANDB | change, "other": {"_target_": "my.Logger"}}))


def test_wandb_errors_become_one_sentence():
    wandb = pytest.importorskip("wandb")
    with pytest.raises(ParganError, match=r"cannot be started \(no key\); run `wandb login`"), wandb_errors():
        raise wandb.errors.UsageError("no\nkey")
    with pytest.raises(ZeroDivisionError), wandb_errors():
        raise ZeroDivisionError
