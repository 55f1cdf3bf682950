"""Declarations that look alike, and how they change: what updates are tested with."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

type Declared = dict[str, Any]

LISTS = ("tools", "resources", "prompts")


def _query() -> Declared:
    return {"type": "str", "description": "Words to look for.", "min_length": 1, "max_length": 200}


def _limit() -> Declared:
    return {"type": "int", "description": "How many to return.", "default": 10, "ge": 1, "le": 100}


def _offset() -> Declared:
    return {"type": "int", "description": "How many to leave out.", "default": 0, "ge": 0}


def _order() -> Declared:
    return {"enum": ["oldest", "newest"], "description": "Which come first.", "default": "newest"}


def _long() -> Declared:
    """Return a field that does not fit on a line."""
    return {
        "type": "int",
        "description": "How many characters of each to return, counted from its beginning.",
        "default": 500,
        "ge": 1,
        "le": 100_000,
        "multiple_of": 10,
    }


def _author() -> Declared:
    return {
        "type": "object",
        "description": "Who wrote it.",
        "fields": {
            "name": {"type": "str", "description": "The name.", "example": "Ada"},
            "mail": {"type": "str | None", "description": "The address.", "example": None},
        },
    }


def look_alike(name: str) -> Declared:
    """Return a tool that differs from others of its kind in nothing but its name."""
    return {
        "name": name,
        "title": "Look for something",
        # Two of the same would be refused: a model could not choose.
        "description": f"Return what contains every word of the query. It is {name}.",
        "hints": ["read_only", "idempotent"],
        "arguments": {
            "query": _query(),
            "limit": _limit(),
            "offset": _offset(),
            "order": _order(),
            "length": _long(),
        },
        "result": {
            "found": {"type": "list[str]", "description": "What was found.", "example": ["Rice"]},
            "author": _author(),
            "more": {"type": "bool", "description": "Whether there is more.", "example": False},
        },
    }


def bare(name: str) -> Declared:
    return {"name": name, "description": f"Do {name}."}


def dated(name: str) -> Declared:
    """Return a tool whose models need more imports."""
    day = {"type": "date", "description": "Since when.", "default": "2026-01-31"}
    kind = {"enum": ["all", "some"], "description": "How many.", "example": "all"}
    return {
        "name": name,
        "description": f"Do {name}.",
        "arguments": {"day": day},
        "result": {"kind": kind},
    }


def resource(name: str, *, template: bool) -> Declared:
    uri = f"{name.replace('_', '-')}://" + ("{item_id}" if template else "all")
    return {"uri": uri, "name": name, "description": "Something.", "mime_type": "text/plain"}


def prompt(name: str) -> Declared:
    return {
        "name": name,
        "title": "Write something",
        "description": "Write about something.",
        "arguments": {
            "item_id": {"description": "Which one."},
            "style": {"description": "In which style.", "required": False},
            "language": {"description": "In which language.", "required": False},
        },
    }


NAMES = ("find_notes", "find_people", "list_tasks")
RESOURCES = ("daily", "inbox", "weekly")
TEMPLATES = ("note", "person", "task")
PROMPTS = ("explain", "improve", "summarise")

ALIKE: Declared = {
    "tools": [look_alike(name) for name in NAMES],
    "resources": [
        *(resource(name, template=True) for name in TEMPLATES),
        *(resource(name, template=False) for name in RESOURCES),
    ],
    "prompts": [prompt(name) for name in PROMPTS],
}
"""Everything more than once, with nothing but the names to tell it apart."""

_STORY = " ".join(
    f"This is sentence number {number} of what a model has to know before it does so."
    for number in range(1, 16)
)


def long(name: str) -> Declared:
    """Return a tool of which everything goes over many lines."""
    length = {
        "type": "int",
        "description": "How many characters of each to return, counted from its very beginning.",
        "default": 500,
        "ge": 1,
        "le": 100_000,
        "multiple_of": 10,
    }
    code = {
        "type": "str",
        "description": "Its code, which begins with a letter, goes on with digits, and ends so.",
        "min_length": 3,
        "max_length": 20,
        "pattern": "^[a-z][0-9]+[a-z]$",
        "example": "a1b",
    }
    return {
        "name": name,
        "title": "Do something long",
        "description": f"{_STORY} It is {name}.",
        "hints": ["destructive", "idempotent", "open_world"],
        "confirm": f"{_STORY[:140]}, or so?",
        "arguments": {"length": length, "size": length, "code": code, "other": code},
        "result": {"length": {key: length[key] for key in ("type", "description", "ge", "le")}},
    }


def long_prompt(name: str) -> Declared:
    def argument(number: int) -> Declared:
        return {"description": f"{_STORY[:90]} {number}.", "required": False}

    arguments = {f"a_rather_long_name_{number}": argument(number) for number in range(1, 10)}
    return {"name": name, "title": "Write", "description": _STORY[:140], "arguments": arguments}


def long_resource(name: str, *, template: bool) -> Declared:
    return resource(name, template=template) | {"title": "Some", "description": _STORY[:140]}


LONG: Declared = {
    "tools": [long(name) for name in ("do_first", "do_second", "do_third")],
    "resources": [
        *(long_resource(name, template=False) for name in ("daily", "weekly")),
        *(long_resource(name, template=True) for name in ("note", "person")),
    ],
    "prompts": [long_prompt(name) for name in ("explain", "improve", "summarise")],
}
"""Lines that say nothing of where they are, as many in a row as there can be."""


def aliased(name: str) -> Declared:
    """Return a tool whose fields have other names in Python."""
    page = {"limit": _limit(), "pageSize": _limit(), "from": _offset(), "sort-by": _order()}
    author = _author()
    author["fields"] = {"full name": author["fields"]["name"], "e-mail": author["fields"]["mail"]}
    found = {"type": "list[str]", "description": "What was found.", "example": ["Rice"]}
    more = {"type": "bool", "description": "Whether there is more.", "example": False}
    return {
        "name": name,
        "description": f"Return what contains every word of the query. It is {name}.",
        "arguments": {"searchFor": _query(), **page, "list": _long()},
        "result": {"foundNotes": found, "writtenBy": author, "hasMore": more},
    }


def aliased_prompt(name: str) -> Declared:
    arguments = {
        "itemId": {"description": "Which one."},
        "class": {"description": "In which style.", "required": False},
        "in-language": {"description": "In which language.", "required": False},
    }
    return prompt(name) | {"arguments": arguments}


ALIASED: Declared = {
    "tools": [aliased(name) for name in NAMES],
    "resources": [resource("note", template=True)],
    "prompts": [aliased_prompt(name) for name in PROMPTS],
}
"""Names that Python does not have, alike in each."""


def tagged(name: str) -> Declared:
    """Return a tool with objects that are one of several."""

    def one_of_several() -> Declared:
        place = {"x": _limit(), "y": _limit(), "z": _offset()}
        told = {"circle": {"fields": place}, "square": {"fields": place, "additional": True}}
        return {"description": "Which.", "tag": "kind", "one_of": told | {"nothing": {}}}

    shapes = one_of_several() | {"type": "list[object]"}
    for one in shapes["one_of"].values():
        one["fields"] = {"size": {"type": "int", "description": "How large.", "example": 1}}
    note = {"type": "str", "description": "Why.", "required": False, "nullable": True}
    return {
        "name": name,
        "description": f"Draw something. It is {name}.",
        "arguments": {"one": one_of_several(), "note": note, "other": one_of_several()},
        "result": {"shapes": shapes | {"example": [{"kind": "nothing", "size": 1}]}, "note": note},
    }


TAGGED: Declared = {
    "tools": [tagged(name) for name in NAMES],
    "resources": [resource("note", template=True)],
    "prompts": [prompt("explain")],
}
"""Objects that are one of several, and fields that may be null or left out, alike in each."""

TYPES = ("Note", "Person", "Task")


def shared_type(name: str) -> Declared:
    """Return a type that is in itself, and that differs from others in nothing but its name."""
    limit, order = _limit(), _order()
    del limit["default"], order["default"]
    parts = {"type": f"list[{name}]", "description": "What is below it.", "required": False}
    story = {"type": "str", "description": "It goes on and on. " * 6, "example": "Once."}
    fields = {"limit": limit, "order": order, "author": _author(), "story": story, "parts": parts}
    return {"description": "What all have in common.", "fields": fields}


def shared_union(name: str) -> Declared:
    parts = {"type": f"list[{name}]", "description": "The parts."}
    ones = {
        "one": {"fields": {"size": _limit() | {"type": "int"}}},
        "all": {"fields": {"parts": parts}},
    }
    del ones["one"]["fields"]["size"]["default"]
    return {"tag": "kind", "one_of": ones}


def using(name: str, type_: str) -> Declared:
    field = {"type": type_, "description": "Which."}
    arguments = {"first": field, "second": field | {"type": f"list[{type_}]", "required": False}}
    return {
        "name": name,
        "description": f"Use it: {name}.",
        "arguments": arguments,
        "result": arguments,
    }


SHARED: Declared = {
    "types": {
        **{name: shared_type(name) for name in TYPES},
        **{f"{name}Shape": shared_union(f"{name}Shape") for name in TYPES},
        **{f"{name}Kind": {"enum": ["one", "two"]} for name in TYPES},
    },
    "tools": [using(name, type_) for name, type_ in zip(NAMES, TYPES, strict=True)],
    "resources": [resource("note", template=True)],
    "prompts": [prompt("explain")],
}
"""Types that tools share, alike in each."""

PLAIN: Declared = {
    "tools": [
        bare("archive"),
        {
            "name": "search_notes",
            "description": "Find the notes that contain every word of the query.",
            "arguments": {"query": _query()},
            "result": {"notes": {"type": "list[str]", "description": "The notes.", "example": []}},
        },
    ],
    "resources": [resource("note", template=True)],
    "prompts": [{"name": "explain", "description": "Explain.", "arguments": {}}],
}
"""Little of everything, without anything that needs imports."""

NOTHING: Declared = {"tools": [], "resources": [], "prompts": []}

BASES: Mapping[str, Declared] = {
    "alike": ALIKE,
    "long": LONG,
    "aliased": ALIASED,
    "plain": PLAIN,
    "nothing": NOTHING,
}

BY_LINE: Mapping[str, Declared] = {"alike": ALIKE, "long": LONG, "tagged": TAGGED, "shared": SHARED}
"""Those of which each line is edited."""

# Changes ----------------------------------------------------------------------------------------

type Change = Callable[[Declared], None]
"""Changes answers in place."""


def changed(answers: Mapping[str, Any], change: Change) -> Declared:
    """Return a changed copy of answers.

    Raises:
        LookupError: there is nothing that could be changed like this.
    """
    copy = deepcopy(dict(answers))
    change(copy)
    return copy


def add(kind: str, *declared: Declared) -> Change:
    """Add some in front of the first with a later name, so that what is sorted stays so."""

    def change(answers: Declared) -> None:
        for new in deepcopy(declared):
            names = [str(each["name"]) for each in answers[kind]]
            later = (place for place, name in enumerate(names) if name > new["name"])
            answers[kind].insert(next(later, len(names)), new)

    return change


def add_type(name: str, declared: Declared) -> Change:
    def change(answers: Declared) -> None:
        answers["types"][name] = deepcopy(declared)

    return change


def add_one_of_each(answers: Declared) -> None:
    add("tools", look_alike("make"))(answers)
    add("resources", resource("made", template=True))(answers)
    add("resources", resource("making", template=False))(answers)
    add("prompts", prompt("make"))(answers)


def add_between(
    names: tuple[str, ...], kind: str, make: Callable[[str], Declared]
) -> dict[str, Change]:
    """Return a change for each place that a new one can take among some that are sorted."""
    places = {f"{kind} before {names[0]}": "a_" + names[0]}
    places |= {f"{kind} after {name}": f"{name}_x" for name in names}
    return {f"add to {place}": add(kind, make(name)) for place, name in places.items()}


def remove(kind: str, index: int) -> Change:
    return lambda answers: answers[kind].pop(index)


def _tool(answers: Declared, index: int) -> Declared:
    tool: Declared = sorted(answers["tools"], key=lambda tool: str(tool["name"]))[index]
    return tool


def rename(kind: str, index: int, name: str) -> Change:
    def change(answers: Declared) -> None:
        answers[kind][index]["name"] = name

    return change


def moved_by_name(answers: Declared) -> Iterator[Declared]:
    """Yield the answers with something renamed so that it comes elsewhere."""
    for kind in LISTS:
        names = sorted(str(each["name"]) for each in answers[kind])
        for place, name in enumerate(names):
            # Right behind each of the others, and in front of all.
            others = {f"{other}_x": at for at, other in enumerate(names) if at != place}
            for new, at in {**others, f"a_{names[0]}": -1}.items():
                if at not in (place, place - 1):
                    yield changed(answers, rename_from(kind, name, new))


def rename_from(kind: str, name: str, new: str) -> Change:
    def change(answers: Declared) -> None:
        next(each for each in answers[kind] if each["name"] == name)["name"] = new

    return change


def replace(kind: str, index: int) -> Change:
    """Remove one, and add another that comes in its place and looks like it."""

    def change(answers: Declared) -> None:
        one = sorted(answers[kind], key=lambda each: str(each["name"]))[index]
        one["name"] = f"{one['name']}_too"
        one["description"] = f"It is {one['name']}, and does something else."

    return change


def rename_over_neighbour(answers: Declared) -> None:
    """Rename the first so that it is the second."""
    first, second = _tool(answers, 0), _tool(answers, 1)
    first["name"] = f"{second['name']}_x"


def describe(kind: str, index: int) -> Change:
    def change(answers: Declared) -> None:
        answers[kind][index]["description"] = "Do it quite differently."
        answers[kind][index]["title"] = "Another title"

    return change


def hint(index: int) -> Change:
    def change(answers: Declared) -> None:
        _tool(answers, index)["hints"] = ["destructive", "open_world"]

    return change


def confirm(index: int) -> Change:
    def change(answers: Declared) -> None:
        _tool(answers, index)["confirm"] = "Shall it be done?"

    return change


def add_field(index: int, where: str, position: int, name: str = "tag") -> Change:
    def change(answers: Declared) -> None:
        fields = list(_tool(answers, index)[where].items())
        field = {"type": "str", "description": "With which tag.", "example": "new"}
        fields.insert(position if position >= 0 else len(fields), (name, field))
        _tool(answers, index)[where] = dict(fields)

    return change


def add_object(index: int, name: str = "editor") -> Change:
    def change(answers: Declared) -> None:
        _tool(answers, index)["result"][name] = _author()

    return change


def remove_field(index: int, where: str, position: int) -> Change:
    def change(answers: Declared) -> None:
        fields = _tool(answers, index)[where]
        del fields[list(fields)[position]]

    return change


def retype_field(index: int, position: int) -> Change:
    def change(answers: Declared) -> None:
        fields = _tool(answers, index)["arguments"]
        fields[list(fields)[position]] = {
            "type": "float",
            "description": "How much.",
            "default": 1.5,
            "gt": 0,
        }

    return change


def limit_field(index: int) -> Change:
    def change(answers: Declared) -> None:
        _tool(answers, index)["arguments"]["limit"]["le"] = 50

    return change


def reverse_fields(index: int) -> Change:
    def change(answers: Declared) -> None:
        fields = _tool(answers, index)["arguments"]
        _tool(answers, index)["arguments"] = dict(reversed(fields.items()))

    return change


def add_argument(index: int, position: int) -> Change:
    def change(answers: Declared) -> None:
        arguments = list(answers["prompts"][index]["arguments"].items())
        field = {"description": "For whom.", "required": False}
        arguments.insert(position if position >= 0 else len(arguments), ("reader", field))
        answers["prompts"][index]["arguments"] = dict(arguments)

    return change


def reverse(answers: Declared) -> None:
    for kind in LISTS:
        answers[kind].reverse()


def empty(answers: Declared) -> None:
    for kind in LISTS:
        answers[kind] = []


def nothing(answers: Declared) -> None:
    """Change no answer: the template may have changed."""


def http(answers: Declared) -> None:
    answers["http"] = True


ADDITIONS: Mapping[str, Change] = {
    **add_between(NAMES, "tools", look_alike),
    **add_between(RESOURCES, "resources", lambda name: resource(name, template=False)),
    **add_between(TEMPLATES, "resources", lambda name: resource(name, template=True)),
    **add_between(PROMPTS, "prompts", prompt),
}
"""One more of what is there already, in each place that it can take."""


def one_more(answers: Declared) -> dict[str, Change]:
    """Return a change for each place in some answers that one more can take, like one before it."""
    found = {}
    for kind in LISTS:
        declared = sorted(answers[kind], key=lambda each: str(each["name"]))
        for each in declared:
            names = [f"a_{each['name']}"] if each is declared[0] else []
            for name in [*names, f"{each['name']}_x"]:
                new = deepcopy(each) | {"name": name}
                if "uri" in new:
                    new["uri"] = f"{name.replace('_', '-')}{new['uri'][new['uri'].index(':') :]}"
                found[f"{kind}: {name}"] = add(kind, new)
    for each, declared in answers.get("types", {}).items():
        for name in (f"A{each}", f"{each}X"):
            found[f"types: {name}"] = add_type(name, declared)
    return found


CHANGES: Mapping[str, Change] = {
    **ADDITIONS,
    "add several": add(
        "tools", *(look_alike(name) for name in ("a", "find_notices", "find_t", "z"))
    ),
    "add two neighbours": add("tools", look_alike("find_o"), look_alike("find_oa")),
    "add a bare tool": add("tools", bare("find_none")),
    "add a tool with other imports": add("tools", dated("list_dates")),
    "add one of each": add_one_of_each,
    "remove the first tool": remove("tools", 0),
    "remove the second tool": remove("tools", 1),
    "remove the last tool": remove("tools", -1),
    "remove a resource": remove("resources", -1),
    "remove a prompt": remove("prompts", 0),
    "rename the first tool": rename("tools", 0, "z_renamed"),
    "rename a tool in its place": rename("tools", 1, "find_people_now"),
    "rename a tool over its neighbour": rename_over_neighbour,
    "rename a resource": rename("resources", 0, "zettel"),
    "replace a tool": replace("tools", 1),
    "replace the last tool": replace("tools", -1),
    "replace a resource": replace("resources", 0),
    "replace a prompt": replace("prompts", 1),
    "describe a tool": describe("tools", 0),
    "describe another tool": describe("tools", -1),
    "describe a resource": describe("resources", 0),
    "describe a prompt": describe("prompts", 0),
    "add an argument first": add_field(1, "arguments", 0),
    "add an argument second": add_field(1, "arguments", 1),
    "add an argument last": add_field(1, "arguments", -1),
    "add a result first": add_field(1, "result", 0),
    "add a result last": add_field(1, "result", -1),
    "add an argument to the first tool": add_field(0, "arguments", 2),
    "add an object": add_object(1),
    "remove the first argument": remove_field(1, "arguments", 0),
    "remove an argument": remove_field(2, "arguments", 1),
    "remove an object": remove_field(1, "result", 1),
    "retype an argument": retype_field(1, 1),
    "change a limit": limit_field(1),
    "reorder the arguments": reverse_fields(1),
    "change hints": hint(1),
    "ask before": confirm(1),
    "add an argument to a prompt first": add_argument(1, 0),
    "add an argument to a prompt last": add_argument(1, -1),
    "reorder the answers": reverse,
    "remove everything": empty,
    "change nothing": nothing,
    "serve over HTTP": http,
}

REPLACEMENTS = {name for name in CHANGES if name.startswith("replace ")}
"""What git cannot tell from a rename."""

RENAMES = {name for name in CHANGES if name.startswith("rename ")}
