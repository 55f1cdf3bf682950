"""Answers that try to break out, and the questions that are asked about them."""

import re
import shutil
from pathlib import Path
from typing import Any

from copier._main import Worker

from support import checks
from support.rendering import Project, remembered

REFUSED = re.compile(
    r"^Validation error for question '(?P<question>\w+)': (?P<message>.+)$", re.DOTALL
)


TEXTS = {
    "double quotes": 'say "hello"',
    "single quotes": "it's 'here'",
    "both quotes": """it's a "server\"""",
    "triple quotes": "\"\"\"one\"\"\" and '''two'''",
    "a quote at the end": 'the end"',
    "only a quote": '"',
    "backslashes": r"C:\new\table \" \' \\",
    "a backslash at the end": "the end\\",
    "braces": "{name} {0} {{}} {",
    "jinja expression": "{{ 7 * 7 }}",
    "jinja statement": "{% if true %}yes{% endif %}",
    "jinja comment": "{# hidden #}",
    "jinja raw": "{% raw %}{{ x }}{% endraw %}",
    "jinja raw end": "{% endraw %}{{ x }}",
    "jinja attack": "{{ ''.__class__.__mro__ }}",
    "jinja line statement": "# for x in y",
    "percent signs": "100 % %s %(name)s %d",
    "shell": "${HOME} $(id) `id` && ; | > x",
    "python": "'); import os; os.abort() #",
    "f-string": "{__import__('os')}",
    "html": "<script>alert(1)</script> <b>bold</b> &amp; &#65;",
    "markdown": "*a* _b_ `c` [d](e) ![f](g) # ~~h~~ | i <https://j.example>",
    "markdown heading": "# Title #",
    "markdown heading end": "Title ##",
    "markdown list": "- item",
    "markdown plus list": "+ item",
    "markdown number": "1. item",
    "markdown number bracket": "12) item",
    "markdown rule": "---",
    "markdown underline": "===",
    "markdown quote": "> quoted",
    "markdown fence": "```",
    "markdown tildes": "~~~",
    "markdown table": "a | b | c",
    "markdown footnote": "[^1]: note",
    "markdown reference": "[name]: https://example.com",
    "yaml mapping": "key: value",
    "yaml list": "- [a, b]",
    "yaml tag": "!!python/object:os.system",
    "yaml anchor": "&anchor *alias",
    "yaml comment": "text # comment",
    "yaml null": "null",
    "yaml yes": "yes",
    "yaml number": "1e3",
    "yaml octal": "0o17",
    "yaml date": "2026-01-01",
    "yaml merge": "<<",
    "yaml document": "--- # new",
    "yaml question": "? key",
    "toml": 'x"] \n[tool]'.replace("\n", ""),
    "leading dash": "-rf",
    "leading dashes": "--help",
    "at sign": "@file",
    "equals sign": "=1+1",
    "emoji": "Wetter 🌦️ and 🎉",
    "emoji family": "👩‍👩‍👧‍👦 family",
    "flag": "🇩🇪",
    "skin tone": "👍🏽",
    "accents": "Ünïcödé",
    "combining": "e\u0301a\u0308",
    "polytonic": "ᾳ̈́",
    "right to left": "خادم الطقس",
    "hebrew and latin": "שרת weather 123",
    "persian joiner": "می‌خواهم",
    "chinese": "天气服务器",
    "astral": "𝔘𝔫𝔦 𝓬𝓸𝓭𝓮",
    "private use is refused or kept": "x\ue000y",
    "keyword": "class",
    "constant": "None",
    "builtin": "print",
    "module": "json",
    "dependency": "pydantic",
    "device": "CON",
    "dots": "..",
    "slashes": "../../etc/passwd",
    "single letter": "x",
    "digits": "42",
    "punctuation": "!?",
}
"""What has to come out as it went in, wherever it is allowed."""


CONTROLS = {
    "newline": "one\ntwo",
    "crlf": "one\r\ntwo",
    "carriage return": "one\rtwo",
    "newline at the end": "one\n",
    "tab": "one\ttwo",
    "nul": "one\0two",
    "escape": "\x1b[31mred",
    "bell": "ding\a",
    "delete": "x\x7f",
    "c1": "x\x85y",
    "line separator": "one\u2028two",
    "paragraph separator": "one\u2029two",
    "bidi override": "\u202egnp.exe",
    "bidi isolate": "\u2066x\u2069",
    "bidi mark": "x\u200f",
    "byte order mark": "\ufeffx",
    "zero width space": "a\u200bb",
    "soft hyphen": "a\u00adb",
    "no-break space": "a\u00a0b",
    "surrogate": "x\ud800",
    "noncharacter": "x\uffff",
    "leading space": " x",
    "trailing space": "x ",
    "only a space": " ",
    "flag of tags": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "only a joiner": "\u200d",
    "long": "x" * 5000,
    "long emoji": "👩‍👩‍👧‍👦" * 700,
}
"""What nobody would want to see in a name, and what does not fit."""


class Questionnaire:
    """Asks the questions and renders the files that show the answers; much faster than a copy."""

    SHOWING = (
        "README.md", "LICENSE", "pyproject.toml", "src/{package_name}/server.py",
        "src/{package_name}/__init__.py", "src/{package_name}/settings.py", checks.ANSWERS_FILE,
    )  # fmt: skip

    def __init__(self, template: Path, destination: Path) -> None:
        self.destination = destination
        self._worker = Worker(
            src_path=str(template), dst_path=destination, defaults=True, quiet=True, unsafe=False
        )

    def ask(self, **answers: Any) -> dict[str, Any]:
        """Return all answers.

        Raises:
            ValueError: one of them is refused.
        """
        shutil.rmtree(self.destination)  # What another project recorded there is none of ours.
        self.destination.mkdir()
        self._worker.data = {"project_name": "Harbour Log"} | answers
        self._worker._ask()
        return dict(remembered(self._worker))

    def render(self, **answers: Any) -> Project:
        project = Project(self.destination, self.ask(**answers))
        context = self._worker._render_context()
        for name in self.SHOWING:
            path = self.destination / name.format(**project.answers)
            path.parent.mkdir(parents=True, exist_ok=True)
            source = name.replace("{package_name}", "{{ package_name }}")
            if name == checks.ANSWERS_FILE:
                source = "{{_copier_conf.answers_file}}"
            rendered = self._worker.jinja_env.get_template(f"template/{source}.jinja")
            path.write_bytes(rendered.render(context).encode())
        return project


def check_refused(error: ValueError) -> str:
    """Return the question; the message says in a sentence what to do, and repeats nothing long."""
    refused = REFUSED.match(str(error))
    assert refused, f"not a sentence of ours: {error}"
    message = refused["message"]
    assert re.fullmatch(r"(?!.*\.\.$)[A-Za-z][^\n]*\.", message), message
    assert len(message) <= 150, message
    assert message.isprintable(), message
    # What to do, in the imperative, or an example.
    assert re.search(
        r"\b(add|begin|leave( it)? out|pick|put|say|shorten|use|write)\b|as in: ",
        message,
        re.IGNORECASE,
    ), message
    return refused["question"]


TYPED = ["project_name", "description", "user_name"]
