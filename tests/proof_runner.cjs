// Runs one proof in Node: a script of its own, with the pinned packages and no others.
//
// Standard input holds the job as JSON: `packages` (the directory to import from), `page`, `line`
// and `code` (the proof), `examples` (section, title, language, line, code of each).
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { createRequire } = require("node:module");
const { pathToFileURL } = require("node:url");
const vm = require("node:vm");

const job = JSON.parse(fs.readFileSync(0, "utf8"));
const load = createRequire(path.join(job.packages, "proof.js"));
const DECLARED = /^(?:async )?(?:function\*?|class|const|let|var) +([\w$]+)/gm;
const IMPORTS = /^(?:import|export)\b/m;

/** Whether the call throws, or gives a promise that is rejected. */
async function rejects(call, ...given) {
  try {
    await call(...given);
  } catch {
    return true;
  }
  return false;
}

/** The example of this page, executed; the title may be left out where there is one. */
function example(section, title = "") {
  const found = job.examples.filter(
    (each) => each.section === section && (title === "" || each.title === title),
  );
  if (found.length !== 1) {
    const titles = job.examples.filter((each) => each.section === section).map((each) => each.title);
    throw new Error(`example("${section}", "${title}") is not one of ${JSON.stringify(titles)}`);
  }
  const { code, language, line } = found[0];
  return execute(language === "ts" ? translated(code) : code, line, {});
}

/** TypeScript as the script that a project's compiler would make of it. */
function translated(code) {
  const typescript = load("typescript");
  const compilerOptions = {
    module: typescript.ModuleKind.CommonJS,
    target: typescript.ScriptTarget.ES2022,
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  };
  return typescript.transpileModule(code, { compilerOptions }).outputText;
}

/** What a script declares at its top level, or what a module exports. */
async function execute(code, line, injected) {
  const placed = "\n".repeat(line - 1) + code;
  if (IMPORTS.test(code)) return import(written(placed));
  const names = [...code.matchAll(DECLARED)].map((match) => match[1]);
  const parameters = ["require", "module", "exports", ...Object.keys(injected)];
  const body = `(async function (${parameters}) {${placed}\nreturn { ${names} };})`;
  const run = vm.runInThisContext(body, { filename: job.page });
  const module = { exports: {} };
  const declared = await run(load, module, module.exports, ...Object.values(injected));
  return Object.assign({}, declared, module.exports);
}

/** The address of a module that finds the packages. */
function written(code) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "proof-"));
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  fs.symlinkSync(path.join(job.packages, "node_modules"), path.join(folder, "node_modules"));
  const file = path.join(folder, "page.mjs");
  fs.writeFileSync(file, code);
  return pathToFileURL(file);
}

execute(job.code, job.line, { example, rejects, assert: require("node:assert/strict") }).catch(
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
