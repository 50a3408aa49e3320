"""Arrays: .npz files of points and images."""
