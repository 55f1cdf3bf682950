"""The way from a server that exists to one of your own, as the README shows it."""

import subprocess
from pathlib import Path

from support.reference import REFERENCES
from support.rendering import ROOT
from support.walking import FENCE, reader, run_script

HEADING = "\n## Make a server of what exists\n"


def test_the_commands_of_the_readme_make_a_server_of_what_exists(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition(HEADING)[2].partition("\n## ")[0]
    clone = tmp_path / "a clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = reader(tmp_path / "bin")
    # `uvx` would fetch the newest server; this is the one that is pinned.
    (server,) = REFERENCES["mcp-server-time"].command(tmp_path)
    uvx = tmp_path / "bin" / "uvx"
    first, rest = uvx.read_text("utf-8").split("\n", 1)
    uvx.write_text(f'{first}\nif test "$1" = mcp-server-time; then exec "{server}"; fi\n{rest}')
    blocks = [body for _, body in FENCE.findall(section)]
    assert len(blocks) == 4
    for commands, output in zip(blocks[::2], blocks[1::2], strict=True):
        # A machine under load needs longer.
        script = commands.replace("import server -o", "import server --timeout 600 -o")
        printed, _ = run_script(script, clone, environment)
        # Copier writes empty lines around its message, which goes to stderr.
        assert printed.lstrip("\n") == output
