"""The layout that a template would have if nobody thought of updates, for comparison.

A loop in the order of the answers, the same docstring and the same stub for all, no comments, and
no blank lines between fields.
"""

from pathlib import Path

from support.checks import environment_of
from support.edits import HANDLERS, PROMPT_HANDLERS, PROMPTS, PROVIDERS, RESOURCES, SCHEMAS, TOOLS
from support.rendering import Answers

_HANDLERS = '''\
"""The handlers: what the tools do."""
{% from "macros/code/python.jinja" import camel %}

from ..lifespan import Context
from . import schemas
{% for tool in tools %}


async def {{ tool.name }}(
    arguments: schemas.{{ camel(tool.name) }}Arguments, context: Context
) -> schemas.{{ camel(tool.name) }}Result:
    """Run the tool."""
    raise NotImplementedError
{% endfor %}
'''

_SCHEMAS = '''\
"""The models of the tools' arguments and results."""
{% from "macros/code/models.jinja" import field_lines %}
{% from "macros/code/names.jinja" import field_name %}
{% from "macros/code/python.jinja" import camel %}
{% macro model(class, fields) %}
{% for name, field in fields.items() if "fields" in field %}
{{ model(class ~ camel(field_name(name)), field.fields) }}
{%- endfor %}


class {{ class }}(Model):
{% for name, field in fields.items() %}
{{ field_lines(name, field, class, true, "") }}
{% else %}
    pass
{% endfor %}
{% endmacro %}

import datetime
from typing import Literal

from pydantic import Field

from ..runtime import Model
{% for tool in tools %}
{{ model(camel(tool.name) ~ "Arguments", tool.get("arguments") or {}) -}}
{{ model(camel(tool.name) ~ "Result", tool.get("result") or {}) -}}
{% endfor %}
'''

_TOOLS = '''\
"""The catalog of tools: what clients see of each, and the function behind it."""
{% from "macros/code/python.jinja" import camel %}
{% from "macros/code/text.jinja" import python_string %}

from typing import Any, Final

from ..runtime import Tool
from . import handlers, schemas

TOOLS: Final[tuple[Tool[Any, Any], ...]] = (
{% for tool in tools %}
    Tool(
        name="{{ tool.name }}",
{% for keyword in ("title", "description", "confirm") if keyword in tool %}
        {{ keyword }}={{ python_string(tool[keyword]) }},
{% endfor %}
{% for hint in tool.get("hints") or [] %}
        {{ hint }}=True,
{% endfor %}
        arguments=schemas.{{ camel(tool.name) }}Arguments,
        result=schemas.{{ camel(tool.name) }}Result,
        handler=handlers.{{ tool.name }},
    ),
{% endfor %}
)
'''

_PROVIDERS = '''\
"""The providers: async functions that read resources."""

from ..lifespan import Context
{% for resource in resources %}


async def {{ resource.name }}(context: Context{{ ", item_id: str" if "{" in resource.uri }}) -> str:
    """Read the resource."""
    raise NotImplementedError
{% endfor %}
'''

_RESOURCES = '''\
"""The catalog of resources."""
{% from "macros/code/text.jinja" import python_string %}

from typing import Final

from ..runtime import Resource, ResourceTemplate
from . import providers
{% macro entry(resource, class, key) %}
    {{ class }}(
        {{ key }}="{{ resource.uri }}",
        name="{{ resource.name }}",
{% for keyword in ("title", "description", "mime_type") if keyword in resource %}
        {{ keyword }}={{ python_string(resource[keyword]) }},
{% endfor %}
        provider=providers.{{ resource.name }},
    ),
{% endmacro %}

RESOURCES: Final[tuple[Resource, ...]] = (
{% for resource in resources if "{" not in resource.uri %}
{{ entry(resource, "Resource", "uri") -}}
{% endfor %}
)

TEMPLATES: Final[tuple[ResourceTemplate, ...]] = (
{% for resource in resources if "{" in resource.uri %}
{{ entry(resource, "ResourceTemplate", "uri_template") -}}
{% endfor %}
)
'''

_PROMPT_HANDLERS = '''\
"""The prompts' handlers: async functions that write messages."""
{% from "macros/code/names.jinja" import parameter_name %}

from ..lifespan import Context
{% for prompt in prompts %}


async def {{ prompt.name }}(
    context: Context,
{% for name, argument in prompt.arguments.items() if argument.required is not defined %}
    {{ parameter_name(name) }}: str,
{% endfor %}
{% for name, argument in prompt.arguments.items() if argument.required is defined %}
    {{ parameter_name(name) }}: str | None = None,
{% endfor %}
) -> str:
    """Write the messages."""
    raise NotImplementedError
{% endfor %}
'''

_PROMPTS = '''\
"""The catalog of prompts."""
{% from "macros/code/text.jinja" import python_string %}

from typing import Final

from ..runtime import Argument, Prompt
from . import handlers

PROMPTS: Final[tuple[Prompt, ...]] = (
{% for prompt in prompts %}
    Prompt(
        name="{{ prompt.name }}",
{% for keyword in ("title", "description") if keyword in prompt %}
        {{ keyword }}={{ python_string(prompt[keyword]) }},
{% endfor %}
        arguments=(
{% for name, argument in prompt.arguments.items() %}
            Argument(
                name="{{ name }}",
                description={{ python_string(argument.description) }},
{% if argument.required is defined %}
                required=False,
{% endif %}
            ),
{% endfor %}
        ),
        handler=handlers.{{ prompt.name }},
    ),
{% endfor %}
)
'''

_SOURCES = {
    HANDLERS: _HANDLERS,
    SCHEMAS: _SCHEMAS,
    TOOLS: _TOOLS,
    PROVIDERS: _PROVIDERS,
    RESOURCES: _RESOURCES,
    PROMPT_HANDLERS: _PROMPT_HANDLERS,
    PROMPTS: _PROMPTS,
}


class UsualFiles:
    """Renders the same files as `OwnedFiles`, in the usual layout."""

    def __init__(self, template: Path) -> None:
        environment = environment_of(template)
        self._templates = {
            name: environment.from_string(source) for name, source in _SOURCES.items()
        }

    def __call__(self, declared: Answers) -> dict[str, str]:
        return {name: template.render(declared) for name, template in self._templates.items()}
