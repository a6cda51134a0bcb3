"""Objects: files on devices, and the daemons that keep them whole."""
