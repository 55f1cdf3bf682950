"""Reading OpenAPI documents: what is refused, where references may lead, and the verb's options."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from copier_mcp.importing.openapi import documents, parsing, verb
from copier_mcp.importing.openapi.documents import MAX_DOCUMENTS
from support.verbs import Run, runner

pytestmark = pytest.mark.usefixtures("_asked_once")

type Write = Callable[..., None]

PETS = """\
openapi: 3.1.0
info: {title: Pet Shop, version: "1"}
servers: [{url: https://petshop.example}]
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        200:
          description: Pets.
          content: {application/json: {schema: {$ref: "SCHEMA"}}}
"""
PET = "Pet: {type: object, properties: {name: {type: string}, parent: {$ref: '#/Pet'}}}\n"


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a directory below a directory of its own."""
    directory = tmp_path / "shop"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return runner(capfd, "import", "openapi")


def referring(to: str) -> str:
    return PETS.replace("SCHEMA", to)


def result(out: str) -> dict[str, Any]:
    """Return the schema of the result of the only tool."""
    (tool,) = yaml.safe_load(out)["tools"]
    return dict(tool["schema"]["result"])


# Documents that are none ------------------------------------------------------------------------

DEEP = parsing.MAX_DEPTH + 2
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{level}: &a{level} [*a{level - 1}, *a{level - 1}]\n" for level in range(1, 40)
)
VALID = referring("#/components/schemas/Pet") + "components: {schemas: {Pet: {type: object}}}\n"

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is no mapping; name an OpenAPI document in JSON or YAML."),
    "a list": (b"[1]", "is no mapping; name an OpenAPI document"),
    "another encoding": (VALID.encode("utf-16"), "is no UTF-8; save it in that encoding."),
    "too large": (b"#" * (parsing.MAX_BYTES + 1), "with what it refers to, more than 16 MiB."),
    "no YAML": (b"a: b: c", "is no YAML in line 1: mapping values are not allowed"),
    "a control character": (b"a: \x00", "is no YAML: "),
    "no JSON": (b'{"a": 1,', "is no "),
    "two documents": (b"a: 1\n---\nb: 2\n", "is no YAML in line 2: there is another document"),
    "an object of Python": (
        b"a: !!python/object/apply:os.system [ls]",
        "is no YAML in line 1: the tag tag:yaml.org,2002:python/object/apply:os.system",
    ),
    "a merge": (b"a: &a {b: 1}\nc: {<<: *a}", "is no YAML in line 2: merge keys are not supported"),
    "an unknown alias": (b"a: *b", "is no YAML in line 1: the anchor b is nowhere before it"),
    "what contains itself": (b"a: &a [*a]", "the anchor a is nowhere before it"),
    "aliases of aliases": (BOMB.encode(), "has more than 2,000,000 values, with what aliases"),
    "a list as a key": (b"? [a]\n: 1", "is no YAML in line 1: a key is no text"),
    "a key twice": (b"a: 1\na: 2", "is no YAML in line 2: the key a is there twice"),
    "a key twice in JSON": (b'{"a": 1, "a": 2}', "the key a is there twice; leave out one."),
    "deep YAML": (b"[" * DEEP + b"]" * DEEP, "has more than 100 levels, one in the other"),
    "very deep YAML": (b"[" * 10**6, "has more than 100 levels"),
    "deep JSON": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "has more than 100 levels"),
    "very deep JSON": (b'{"a":' * 10**5, "has more than 100 levels"),
    "a number of many digits": (b'{"a": ' + b"9" * 5000 + b"}", "is no JSON: "),
    "infinity": (b'{"a": Infinity}', "Infinity is no number of JSON"),
    "a huge number": (b'{"a": 1e999}', "has a number that is too large"),
    "half a character": (b'{"a": "\\ud800"}', "has halves of surrogate pairs"),
    "no version": (b"info: {title: A}", "is no OpenAPI document that can be read: it has no open"),
    "a version of 1": (b"swagger: '1.2'", "is no OpenAPI document that can be read"),
    "a version that is a number": (b"swagger: 2.0", "is no "),
    "a version of the future": (b"openapi: 4.0.0", "is no OpenAPI document that can be read"),
    "a mistake": (
        VALID.replace("description: Pets.", "describes: Pets.").encode(),
        "is no valid OpenAPI document: #/paths/~1pets/get/responses/200: ",
    ),
    "a path without its parameter": (
        VALID.replace("/pets:", "/pets/{id}:").encode(),
        "is no valid OpenAPI document: Path parameter 'id' for 'get' operation in '/pets/{id}'",
    ),
    "an operation id twice": (
        VALID.replace(
            "components:",
            "  /b: {get: {operationId: listPets, responses: {204: {description: A}}}}\ncomponents:",
        ).encode(),
        "is no valid OpenAPI document: Operation ID 'listPets' for 'get' in '/b' is not unique",
    ),
    "braces": (VALID.replace("/pets:", "'/pets/}':").encode(), "is no valid OpenAPI document"),
    "a reference to nothing": (referring("#/No").encode(), "#/No leads nowhere."),
    "a parameter that is itself": (
        VALID.replace(
            "{schemas", "{parameters: {P: {$ref: '#/components/parameters/P'}}, schemas"
        ).encode(),
        "openapi.yaml: #/components/parameters/P: refers to itself without end; correct it.\n",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_document_is_refused_in_one_line(name: str, run: Run) -> None:
    content, said = REFUSED[name]
    Path("openapi.yaml").write_bytes(content)
    done = run("openapi.yaml")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("copier-mcp: openapi.yaml: ")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_a_file_that_is_not_there_is_said(run: Run) -> None:
    assert run("no\x1b.yaml") == (2, "", "copier-mcp: no\\x1b.yaml: No such file or directory\n")


def test_yaml_is_that_of_openapi(run: Run) -> None:
    """Norway is a country, a date is a text, and the code of an answer is one, too."""
    enum = (
        "{type: object, properties: {a: {enum: [no, on, 2026-01-31, 1_000, 0x1F, ~, true, 1.5]}}}"
    )
    Path("openapi.yaml").write_text(VALID.replace("{type: object}", enum))
    found = result(run("openapi.yaml").out)["properties"]["a"]["enum"]
    assert found == ["no", "on", "2026-01-31", "1_000", "0x1F", None, True, 1.5]


# References -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference", ["pet.yaml#/Pet", "./pet.yaml#/Pet", "schemas/pet.yaml#/Pet", "b%20c.yaml#/Pet"]
)
def test_files_below_the_directory_are_read(reference: str, run: Run) -> None:
    Path("schemas").mkdir()
    for name in ("pet.yaml", "schemas/pet.yaml", "b c.yaml"):
        Path(name).write_text(PET)
    Path("openapi.yaml").write_text(referring(reference))
    done = run("openapi.yaml")
    assert done.status == 0
    found = yaml.safe_load(done.out)
    types = {"name": "str", "parent": "Pet"}
    fields = {name: {"type": type_, "required": False} for name, type_ in types.items()}
    assert found["types"] == {"Pet": {"fields": fields, "additional": True}}
    assert found["tools"][0]["result"] == fields


@pytest.mark.parametrize("reference", ["../pet.yaml#/Pet", "link.yaml#/Pet", "ABSOLUTE#/Pet"])
def test_other_files_are_read_if_that_is_allowed(reference: str, run: Run, tmp_path: Path) -> None:
    outside = tmp_path / "pet.yaml"
    outside.write_text(PET)
    Path("link.yaml").symlink_to(outside)
    Path("openapi.yaml").write_text(referring(reference.replace("ABSOLUTE", outside.as_uri())))
    done = run("openapi.yaml")
    assert (done.status, done.out) == (2, "")
    assert "is not below the directory of the document; read it with --allow-refer" in done.err
    assert done.err.count("\n") == 1
    assert run("--allow-references", "openapi.yaml").status == 0


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("https://petshop.example/pet.yaml#/Pet", "https://petshop.example/pet.yaml: is not below"),
        ("http://169.254.169.254/latest", "http://169.254.169.254/latest: is not below"),
        ("data:application/json,{}#/Pet", "is nothing that can be read."),
        ("no.yaml#/Pet", "no.yaml: No such file or directory"),
        ("no.yaml", "no.yaml: No such file or directory"),
        ("broken.yaml#/Pet", "broken.yaml: is no YAML in line 1"),
        ("circle.yaml#/A", "its references lead to each other without end, or too deep; correct"),
    ],
)
def test_a_reference_that_leads_nowhere_is_said(reference: str, said: str, run: Run) -> None:
    Path("broken.yaml").write_text("a: b: c")
    Path("circle.yaml").write_text("A: {$ref: '#/B'}\nB: {$ref: '#/A'}\n")
    Path("openapi.yaml").write_text(referring(reference))
    done = run("openapi.yaml")
    assert done.status == 2
    assert said in done.err
    assert done.err.count("\n") == 1


def test_documents_are_counted(run: Run) -> None:
    for number in range(MAX_DOCUMENTS):
        Path(f"{number}.yaml").write_text(f"Pet: {{$ref: '{number + 1}.yaml#/Pet'}}")
    Path("openapi.yaml").write_text(referring("0.yaml#/Pet"))
    done = run("openapi.yaml")
    assert done.status == 2
    assert "refers to more than 200 documents." in done.err


# URLs -------------------------------------------------------------------------------------------


@contextmanager
def served(files: dict[str, str], asked: list[str]) -> Iterator[str]:
    """Serve some files; one whose text begins with `>` sends elsewhere, with `.` comes slowly."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            text = files.get(self.path)
            elsewhere = text is not None and text.startswith(">")
            self.send_response(404 if text is None else 302 if elsewhere else 200)
            if text is not None and elsewhere:
                self.send_header("Location", text[1:])
            self.end_headers()
            if text is None or not text.startswith("."):
                self.wfile.write((text or "").encode())
                return
            with suppress(OSError):  # The client does not wait.
                for _ in range(100):
                    self.wfile.write(b"#")
                    time.sleep(0.1)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_document_and_what_is_below_it_are_downloaded(run: Run) -> None:
    asked: list[str] = []
    text = referring("schemas/pet.yaml#/Pet").replace("https://petshop.example", "../v2")
    with served({"/v1/openapi.yaml": text, "/v1/schemas/pet.yaml": PET}, asked) as url:
        done = run(f"{url}/v1/openapi.yaml")
    assert done.status == 0
    assert yaml.safe_load(done.out)["api"] == {"url": f"{url}/v2"}
    assert asked == ["/v1/openapi.yaml", "/v1/schemas/pet.yaml"]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("../pet.yaml#/Pet", "/pet.yaml: is not below the directory of the document"),
        ("/pet.yaml#/Pet", "/pet.yaml: is not below the directory of the document"),
        ("%2e%2e/pet.yaml#/Pet", "is not below the directory of the document"),
        ("//example.com/v1/pet.yaml", "http://example.com/v1/pet.yaml: is not below"),
        ("http://localhost:1/v1/pet.yaml", "is not below"),
        ("file:///etc/passwd", "file:///etc/passwd: is nothing that can be read."),
        ("elsewhere.yaml#/Pet", "elsewhere.yaml: is at https://example.com/a; write that URL"),
        ("no.yaml#/Pet", "no.yaml: the answer is HTTP status 404."),
    ],
)
def test_nothing_else_is_downloaded(reference: str, said: str, run: Run) -> None:
    asked: list[str] = []
    files = {"/v1/a.yaml": referring(reference), "/v1/elsewhere.yaml": ">https://example.com/a?b"}
    with served(files | {"/pet.yaml": PET}, asked) as url:
        done = run(f"{url}/v1/a.yaml")
        assert done.status == 2
        assert said in done.err
        assert done.err.count("\n") == 1
        assert set(asked) <= {"/v1/a.yaml", "/v1/elsewhere.yaml", "/v1/no.yaml"}
        if reference.startswith("file:"):
            assert run("--allow-references", f"{url}/v1/a.yaml").status == 2
        if reference == "../pet.yaml#/Pet":
            assert run("--allow-references", f"{url}/v1/a.yaml").status == 0


def test_a_url_is_said_without_its_secrets(run: Run) -> None:
    done = run("http://user:secret@127.0.0.1:9/openapi.json?key=secret")
    assert done.status == 2
    assert done.err.startswith("copier-mcp: http://127.0.0.1:9/openapi.json: cannot be read: ")
    assert "secret" not in done.err


def test_the_user_in_a_url_is_no_part_of_the_api(run: Run) -> None:
    text = referring("#/components/schemas/Pet").replace("https://petshop.example", "../v2")
    text += "components: {schemas: {Pet: {type: object}}}\n"
    with served({"/v1/openapi.yaml": text}, []) as url:
        done = run(f"{url.replace('//', '//user:secret@')}/v1/openapi.yaml")
        assert done.status == 0
        assert yaml.safe_load(done.out)["api"] == {"url": f"{url}/v2"}
    Path("openapi.yaml").write_text(VALID)
    done = run("--url", "https://user:secret@petshop.example/", "openapi.yaml")
    assert done.status == 2
    assert "secret" not in done.err


def test_downloads_have_their_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_SECONDS", 1.0)
    with served({"/openapi.yaml": "."}, []) as url:
        done = run(f"{url}/openapi.yaml")
    said = f"copier-mcp: {url}/openapi.yaml: has not come within 1 s, with what it refers to.\n"
    assert done == (2, "", said)


# The verb ---------------------------------------------------------------------------------------


def with_operations(count: int) -> str:
    paths = {
        f"/{number}": {"delete": {"responses": {"204": {"description": "Done."}}}}
        for number in range(count)
    }
    info = {"title": "A", "version": "1"}
    return json.dumps({"openapi": "3.0.0", "info": info, "servers": [{"url": "https://a.example"}],
                       "paths": paths})  # fmt: skip


def test_the_number_of_tools_is_said_and_many_are_warned_of(run: Run) -> None:
    Path("one.json").write_text(with_operations(1))
    Path("many.json").write_text(with_operations(verb.MAX_TOOLS + 1))
    assert run("one.json").err == "copier-mcp: 1 tool of 1 operation\n"
    assert run("many.json", "--exclude", "/0").err == "copier-mcp: 40 tools of 41 operations\n"
    assert run("many.json").err == (
        "copier-mcp: 41 tools of 41 operations\n"
        "copier-mcp: warning: models choose worse among more than 40 tools; leave some out with "
        "--include and --exclude.\n"
    )


def test_strict_fails_if_something_is_lost(run: Run) -> None:
    Path("pets.yaml").write_text(VALID)
    assert run("--strict", "pets.yaml").status == 0
    Path("pets.yaml").write_text(
        VALID + "webhooks: {a: {get: {responses: {204: {description: A}}}}}"
    )
    done = run("--strict", "pets.yaml")
    assert done.status == 1
    assert done.err.startswith("copier-mcp: lost: #/webhooks/a: a webhook\n")
    assert yaml.safe_load(done.out)["tools"]


def test_a_file_is_written_only_where_it_is_complete(run: Run) -> None:
    Path("pets.yaml").write_text(VALID)
    Path("bad.yaml").write_text("openapi: 3.1.0")
    file = Path("server.yml")
    assert run("bad.yaml", "-o", "server.yml").status == 2
    assert not file.exists()
    assert run("pets.yaml", "-o", "server.yml").out == ""
    assert file.read_text("utf-8") == run("pets.yaml").out
    said = "copier-mcp: server.yml is there already; write --force, or another name.\n"
    assert run("pets.yaml", "-o", "server.yml") == (2, "", said)
    assert run("bad.yaml", "-o", "server.yml", "--force").status == 2
    assert file.read_text("utf-8") == run("pets.yaml").out
    assert run("pets.yaml", "-o", "server.yml", "--force").status == 0
