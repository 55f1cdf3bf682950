"""Where what a server offers stands in the project that an answers file renders."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import yaml
from copier._main import Worker

from copier_mcp.check.answers import NAME

MODULES = {
    "tools": ("tool_name", "tools/handlers.py"),
    "resources": ("provider_name", "resources/providers.py"),
    "prompts": ("prompt_name", "prompts/handlers.py"),
}


class Rendered(NamedTuple):
    """The names that a render takes from an answers file."""

    distribution: str
    package: str
    functions: Mapping[tuple[str, str], str]
    """What is called like that in a list, and the Markdown for its function."""


def rendered(text: str, worker: Worker) -> Rendered:
    """Return what the template makes of the names in an answers file, in its own words."""
    answers: dict[str, Any] = {"project_name": NAME} | yaml.safe_load(text)
    for name in ("distribution_name", "package_name"):
        default = worker.template.questions_data[name]["default"]
        answers[name] = worker.jinja_env.from_string(default).render(answers).strip()
    macros = vars(worker.jinja_env.get_template("macros/code/names.jinja").module)
    functions: dict[tuple[str, str], str] = {}
    for kind, (macro, module) in MODULES.items():
        python_name: Callable[[object], str] = macros[macro]
        for declared in answers.get(kind) or ():
            function = f"`{python_name(declared).strip()}` in `{module}`"
            functions[kind, declared["name"]] = function
    return Rendered(answers["distribution_name"], answers["package_name"], functions)
