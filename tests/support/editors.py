"""Cache of jedi, which shows completions and signatures as editors do."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def own_cache_of_jedi(tmp_path_factory):
    """Let jedi use a cache of this process. It cannot read a file that another process is writing."""
    import jedi

    default = jedi.settings.cache_directory
    jedi.settings.cache_directory = str(tmp_path_factory.mktemp("jedi"))
    yield
    jedi.settings.cache_directory = default
