"""Train PAR-GAN: python train.py dataset=mnist loss=wgan."""

from pargan.app.cli import train

if __name__ == "__main__":
    train()
