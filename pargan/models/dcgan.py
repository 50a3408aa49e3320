"""Convolutional networks for images of any size, among them the published ones for 28x28 and 32x32 pixels.

Legend: B records, C channels, H x W pixels.
"""

from itertools import pairwise

from torch import nn

from pargan.errors import ParganError
from pargan.models.keras_defaults import BATCH_NORM_EPS, BATCH_NORM_MOMENTUM, LEAKY_SLOPE, glorot_
from pargan.models.sizes import check_dropout, check_size
from pargan.records.spec import RecordSpec

SMALLEST = 4  # images are halved until a side is odd or would fall below this many pixels


class DCGANGenerator(nn.Sequential):
    """Dense layer, then 5x5 transposed convolutions: (B, latent_dim + c) -> (B, C, H, W) in [-1, 1].

    28x28: 7x7x256, then 128 at stride 1, 64 and C at stride 2. 32x32: 4x4x256, then 256 at stride 1,
    128, 64 and C at stride 2. No biases, BatchNorm and LeakyReLU between, tanh at the end.

    Args:
        spec: the record format.
        latent_dim: size of a latent.
        width: channels of the last hidden layer; each earlier layer has twice as many, up to four times this.
        per_channel: whether the BatchNorm of the dense layer stands after the reshape, and so has a scale and a shift
            for each channel instead of each feature. The published network for 32x32 has it there, that for 28x28
            before the reshape.
        condition_size: c, numbers of a condition beside each latent; 0 without a condition.

    Raises:
        ParganError: the records are not images, or a size is below 1.
    """

    def __init__(
        self,
        spec: RecordSpec,
        latent_dim: int,
        width: int = 64,
        per_channel: bool = False,
        condition_size: int = 0,
    ) -> None:
        check_size("latent_dim", latent_dim)
        check_size("width", width)
        channels, height, width_px = _image(spec)
        halvings = _halvings(height, width_px)
        first, *between = [min(width << step, 4 * width) for step in range(halvings, -1, -1)]
        height, width_px = height >> halvings, width_px >> halvings
        features = first * height * width_px
        reshape = nn.Unflatten(1, (first, height, width_px))
        norm = (nn.BatchNorm2d if per_channel else nn.BatchNorm1d)(
            first if per_channel else features, BATCH_NORM_EPS, BATCH_NORM_MOMENTUM
        )
        activation = nn.LeakyReLU(LEAKY_SLOPE, inplace=True)
        layers: list[nn.Module] = [
            nn.Linear(latent_dim + condition_size, features, bias=False),
            *([reshape, norm, activation] if per_channel else [norm, activation, reshape]),
        ]
        strides = [1] + [2] * halvings
        for (inputs, outputs), stride in zip(pairwise([first, *between, channels]), strides, strict=True):
            layers += [
                nn.ConvTranspose2d(inputs, outputs, 5, stride, padding=2, output_padding=stride - 1, bias=False),
                nn.BatchNorm2d(outputs, BATCH_NORM_EPS, BATCH_NORM_MOMENTUM),
                nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
            ]
        super().__init__(*layers[:-2], spec.head())  # the last convolution is followed by the head alone
        glorot_(self)


class DCGANDiscriminator(nn.Sequential):
    """5x5 convolutions at stride 2, LeakyReLU and dropout after each, dense output: (B, C + c, H, W) -> (B, 1).

    28x28: 64 and 128 channels; 32x32: 64, 128 and 256. No BatchNorm, with which a logit would depend on the other
    records of the batch: a gradient penalty is defined per record.

    Args:
        spec: the record format.
        width: channels of the first layer; each later layer has twice as many, up to four times this.
        dropout: share of activations dropped after each convolution.
        condition_size: c, channels of a condition behind those of each image; 0 without a condition.

    Raises:
        ParganError: the records are not images, the width is below 1, or dropout outside [0, 1).
    """

    def __init__(self, spec: RecordSpec, width: int = 64, dropout: float = 0.3, condition_size: int = 0) -> None:
        check_size("width", width)
        check_dropout(dropout)
        channels, height, width_px = _image(spec)
        channels += condition_size
        layers: list[nn.Module] = []
        for step in range(max(1, _halvings(height, width_px))):
            outputs = min(width << step, 4 * width)
            layers += [
                nn.Conv2d(channels, outputs, 5, stride=2, padding=2),
                nn.LeakyReLU(LEAKY_SLOPE),
                nn.Dropout(dropout),
            ]
            channels, height, width_px = outputs, (height + 1) // 2, (width_px + 1) // 2
        super().__init__(*layers, nn.Flatten(), nn.Linear(channels * height * width_px, 1))
        glorot_(self)


def _image(spec: RecordSpec) -> tuple[int, int, int]:
    if len(spec.shape) != 3:
        raise ParganError(
            f"convolutional networks need images (C, H, W), and the records have shape {spec.shape}",
            remedy="use model=points or model=mlp",
        )
    channels, height, width = spec.shape
    return channels, height, width


def _halvings(height: int, width: int) -> int:
    count = 0
    while height % 2 == 0 and width % 2 == 0 and min(height, width) // 2 >= SMALLEST:
        height, width, count = height // 2, width // 2, count + 1
    return count
