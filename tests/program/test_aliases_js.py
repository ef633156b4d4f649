"""What imports mean by ``tsconfig.json``, ``package.json`` and their like."""

from __future__ import annotations

import pytest
from support import grows_with_the_length_alone

from jwtaudit.program.aliases_js import ScriptAliases

PATHS = '{"compilerOptions": {"baseUrl": "src", "paths": {"@auth/*": ["auth/*"], "@keys": ["k"]}}}'
COMMENTED = """
{
  // where modules are
  "compilerOptions": {
    /* "baseUrl": "lib", */
    "paths": { "~auth/*": ["./src/*", "./lib/*",], }, // "//" in a text: "http://a"
  },
}
"""


def meant(files: dict[str, str], folder: str, module: str) -> list[str]:
    return list(ScriptAliases(files, files.get).meant(folder, module))


CASES = {
    "a pattern": ({"tsconfig.json": PATHS}, "src/web", "@auth/token", "src/auth/token"),
    "a whole name": ({"tsconfig.json": PATHS}, "src", "@keys", "src/k"),
    "a base": ({"jsconfig.json": PATHS}, "", "config/keys", "src/config/keys"),
    "comments and commas": ({"tsconfig.json": COMMENTED}, "src", "~auth/key", "src/key"),
    "the nearest file": (
        {"tsconfig.json": PATHS, "web/tsconfig.json": PATHS},
        "web/pages",
        "@auth/token",
        "web/src/auth/token",
    ),
    "taken over": (
        {
            "tsconfig.base.json": PATHS,
            "apps/web/tsconfig.json": '{"extends": "../../tsconfig.base"}',
        },
        "apps/web",
        "@auth/token",
        "src/auth/token",
    ),
    "taken over from a package": (
        {
            "tools/ts/package.json": '{"name": "@acme/ts"}',
            "tools/ts/base.json": '{"compilerOptions": {"paths": {"@/*": ["${configDir}/lib/*"]}}}',
            "web/tsconfig.json": '{"extends": ["@acme/ts/base.json"]}',
        },
        "web",
        "@/key",
        "web/lib/key",
    ),
    "of a part": (
        {
            "tsconfig.json": '{"files": [], "references": [{"path": "./tsconfig.app.json"}]}',
            "tsconfig.app.json": PATHS,
        },
        "src",
        "@auth/token",
        "src/auth/token",
    ),
    "the longest pattern": (
        {
            "tsconfig.json": '{"compilerOptions": {"paths":'
            ' {"*": ["any/*"], "@a/*": ["a/*"], "@a/b/*": ["b/*"]}}}'
        },
        "",
        "@a/b/c",
        "b/c",
    ),
    "registered in the manifest": (
        {"package.json": '{"_moduleAliases": {"@config": "src/config", "@": "src"}}'},
        "src/routes",
        "@config/keys",
        "src/config/keys",
    ),
    "a package's own files": (
        {"api/package.json": '{"imports": {"#lib/*": {"default": "./src/*.js"}}}'},
        "api/src/routes",
        "#lib/keys",
        "api/src/keys.js",
    ),
    "a package": (
        {"libs/auth/package.json": '{"name": "@acme/auth", "main": "lib/main.js"}'},
        "apps/web",
        "@acme/auth",
        "libs/auth/lib/main.js",
    ),
    "a package's exports": (
        {
            "libs/auth/package.json": '{"name": "auth", "exports":'
            ' {".": "./a.ts", "./*": {"types": "./t/*.d.ts", "import": "./src/*.ts"}}}'
        },
        "apps/web",
        "auth/keys",
        "libs/auth/src/keys.ts",
    ),
    "a file of a package": (
        {"libs/auth/package.json": '{"name": "@acme/auth"}'},
        "apps/web",
        "@acme/auth/keys",
        "libs/auth/src/keys",
    ),
}


@pytest.mark.parametrize(("files", "folder", "module", "path"), CASES.values(), ids=CASES)
def test_meant(files, folder, module, path):
    assert path in meant(files, folder, module)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"extends": "./tsconfig.json"}', '{"compilerOptions": {"paths": [1]}}',
     '{"compilerOptions": []}', '{"references": 1}', '{"references": [1, {"path": 2}]}',
     '{"compilerOptions": {"paths": {"@auth/*": 1, "*": [2]}}}', '{"extends": {"a": 1}}',
     '{"a":' * 5000],
)  # fmt: skip
def test_what_is_no_configuration(text):
    assert meant({"tsconfig.json": text, "package.json": text}, "src", "@auth/token") == []


def test_an_application_is_not_the_library_whose_name_it_bears():
    files = {"package.json": '{"name": "express", "main": "app.js"}'}
    assert meant(files, "src", "express") == []


@pytest.mark.parametrize("part", ["/*", '"\\"', "//", ", ", '"', "{"])
def test_time_grows_with_the_length_alone(part):
    def read(length):
        meant({"tsconfig.json": "{" + part * (length // len(part))}, "", "@auth/token")

    assert grows_with_the_length_alone(read, 190_000)
