"""What loggers are told of the configuration."""

import json

from omegaconf import OmegaConf

from pargan.app.logged_config import logged_config
from tests.helpers.composed import composed


def test_logged_config_leaves_paths_out(tmp_path):
    given = ("dataset=csv", "dataset.path=jane_doe.csv", "data_dir=/home/jane/data", "logger=tensorboard")
    cfg = composed(*given, "+callbacks.mine={_target_: mine.Callback, files: [/home/jane/x, kept]}", folder=tmp_path)
    logged = logged_config(cfg)
    text = json.dumps(logged)
    for told in ("jane", str(tmp_path)):
        assert told not in text
    assert logged["callbacks"]["mine"]["files"] == ["kept"]
    assert logged["callbacks"]["best"]["monitor"] == cfg.callbacks.best.monitor
    assert logged["module"]["d_steps"] == cfg.module.d_steps
    assert logged["dataset"]["_target_"] == "pargan.data.csv_table"


def test_logged_config_keeps_everything_when_that_is_asked_for(tmp_path):
    cfg = composed("dataset=csv", "dataset.path=jane_doe.csv", "dataset.delimiter=/", folder=tmp_path)
    assert logged_config(cfg, with_paths=True) == OmegaConf.to_container(cfg, resolve=True)
    assert logged_config(cfg)["dataset"]["delimiter"] == "/"
