"""A PostgreSQL server for the tests: what the rendered tests start theirs with."""

import functools
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

from support.rendering import ROOT

_SOURCE = ROOT / "template/tests/runtime/{% if database == 'postgres' %}postgres.py{% endif %}"


@functools.cache
def load() -> ModuleType:
    """Return the module of the rendered tests, which is the same in each project."""
    loader = SourceFileLoader("rendered_postgres", str(_SOURCE))
    spec = spec_from_loader(loader.name, loader)
    assert spec
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
