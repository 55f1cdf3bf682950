"""What draws the pictures of the documentation: docs/pictures has their texts, and the results."""

from pathlib import Path

import yaml

from pictures import bars, flow

DIRECTORY = Path(__file__).resolve().parent.parent / "docs" / "pictures"


def draw(text: Path) -> str:
    """Return the SVG of a picture.

    Raises:
        ValueError: the text is not that of a picture, or does not fit into it.
    """
    content = yaml.safe_load(text.read_text(encoding="utf-8"))
    try:
        if "panels" in content:
            return bars.draw(bars.Bars.model_validate(content))
        return flow.draw(flow.Flow.model_validate(content))
    except ValueError as error:
        raise ValueError(f"{text.name}: {error}") from error


def draw_all(directory: Path = DIRECTORY) -> None:
    """Draw the picture of each text beside it."""
    for text in sorted(directory.glob("*.yml")):
        text.with_suffix(".svg").write_text(draw(text), encoding="utf-8", newline="\n")
