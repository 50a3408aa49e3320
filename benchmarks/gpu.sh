#!/usr/bin/env bash
# What one GPU does, in under eight minutes: its tests, the steps of all cases, the published experiment on MNIST, a
# longer cifar10 training, nearest neighbours at full size, a profile. Each part has a time limit and writes its log
# and its JSON to the output directory as soon as it ends, so that a run that is cut off still tells something.
#
#   benchmarks/gpu.sh OUTPUT_DIRECTORY [--data-dir FOLDER] [--parts steps profile] [--dry-run]
#
# Needs, beside torch 2.8 or later: torchvision, pytorch-lightning, hydra-core, omegaconf, scikit-learn, SciPy,
# matplotlib, rich, filelock, lazy_loader, pytest and hypothesis; neither wandb nor an installed pargan. The files of
# MNIST must be in the data directory, as torchvision stores them. --dry-run runs everything on the CPU at tiny sizes.
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 -m benchmarks.gpu "$@"
