"""Images: folders of files, and published data sets."""
