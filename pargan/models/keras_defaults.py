"""Defaults of Keras, with which the networks were published."""

from torch import nn

LEAKY_SLOPE = 0.3  # PyTorch's own default is 0.01
BATCH_NORM_EPS = 1e-3
BATCH_NORM_MOMENTUM = 0.01  # Keras writes it as 0.99


def glorot_(network: nn.Module) -> None:
    """Glorot-uniform weights and zero biases for every dense and convolution layer, in place."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
