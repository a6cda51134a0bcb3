"""Paste filters every service uses. Each module has filter_factory(global_conf, **local_conf)."""
