"""Settings that come from environment variables."""

import difflib
import logging
import os
from pathlib import Path
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

logger = logging.getLogger(__name__)


class Settings(BaseModel):
    """What an operator can configure: a variable is the prefix and the name in capitals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variable_prefix: ClassVar[str]

    @classmethod
    def variable(cls, name: str) -> str:
        """Return the environment variable of a setting."""
        return f"{cls.variable_prefix}{name.upper()}"

    @classmethod
    def from_environment(cls, **options: object) -> Self:
        """Return the settings of the environment; an option that is not None takes precedence.

        A variable that is empty counts as not set.

        Raises:
            ValidationError: a value makes no sense.
        """
        variables = {name: os.environ.get(cls.variable(name)) for name in cls.model_fields}
        values: dict[str, object] = {name: value for name, value in variables.items() if value}
        values |= {name: value for name, value in options.items() if value is not None}
        return cls.model_validate(values)

    @classmethod
    def problems(cls, error: ValidationError) -> list[str]:
        """Return a line for each setting that makes no sense, without its value: it may be secret."""
        return [
            f"{cls.variable(str(one['loc'][0])) if one['loc'] else 'settings'}: {one['msg']}"
            for one in error.errors(include_url=False, include_input=False)
        ]

    @classmethod
    def log_misspelt_variables(cls) -> None:
        """Warn of each variable that is set and is nearly the name of a setting.

        Variables with the same prefix may belong to others: `NOTES_SERVER_LOG_LEVEL` is no mistake
        for a server whose prefix is `NOTES_`.
        """
        names = [name.upper() for name in cls.model_fields]
        for variable, value in sorted(os.environ.items()):
            name = variable.removeprefix(cls.variable_prefix)
            if name == variable or not value or name in names:
                continue
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
            if near and not name.endswith(f"_{near[0]}"):
                logger.warning("%s is no setting: is it %s?", variable, cls.variable(near[0]))

    def to_environment(self) -> dict[str, str]:
        """Return the variables that lead to these settings, without secrets and defaults.

        They do so from any directory: relative paths become absolute, those of defaults, too.
        """
        changed = self.model_dump(mode="json", exclude_defaults=True)
        for name, value in self:
            if isinstance(value, Path) and not value.is_absolute():
                changed[name] = str(value.absolute())
        return {
            self.variable(name): _text(value)
            for name, value in changed.items()
            if not hasattr(getattr(self, name), "get_secret_value")
        }

    def log_secrets(self) -> None:
        """Name the variables of secrets that are set, which `to_environment` leaves out."""
        for name, value in self:
            if name in self.model_fields_set and hasattr(value, "get_secret_value"):
                logger.warning("%s is secret and not printed: add it by hand", self.variable(name))


def _text(value: object) -> str:
    # Not even one name is a comma alone: an empty variable counts as not set.
    if isinstance(value, list):
        return ",".join(map(str, value)) or ","
    return str(value)
