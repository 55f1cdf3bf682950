"""The questions of the template and their validators, as Copier itself reads them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from copier._main import Worker
from copier._settings import SettingsModel
from copier._template import Template
from jinja2 import BytecodeCache, FileSystemBytecodeCache

HERE = Path(__file__).resolve().parent


def root() -> Path:
    """Return the directory with copier.yml and macros/: in a wheel beside us, or the clone."""
    return next(path for path in (HERE / "_template", HERE.parents[1]) if path.is_dir())


@contextmanager
def questionnaire() -> Iterator[Worker]:
    """Yield a worker that renders nothing, for a project that does not exist yet."""
    template = Template(url=str(root()))
    # A clone is a git repository, of which Copier would take the last tag.
    vars(template)["vcs"] = None
    with TemporaryDirectory(prefix="copier-mcp-") as directory:
        worker = Worker(
            src_path=template.url,
            dst_path=Path(directory),
            # What the user's settings say is no part of the file.
            settings=SettingsModel(),
            quiet=True,
        )
        vars(worker)["template"] = template
        environment = worker.jinja_env
        environment.bytecode_cache = _bytecode_cache()
        # Copier renders a validator a few times, and compiles it each time; here it is thousands.
        vars(environment)["from_string"] = cache(environment.from_string)
        yield worker


def _bytecode_cache() -> BytecodeCache | None:
    """Keep the compiled macros where Python keeps modules: compiling takes a third of the time."""
    directory = HERE / "__pycache__"
    with suppress(OSError):
        directory.mkdir(exist_ok=True)
    if sys.dont_write_bytecode or not os.access(directory, os.W_OK):
        return None
    return FileSystemBytecodeCache(str(directory), "jinja-%s.pyc")
