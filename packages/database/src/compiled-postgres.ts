import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import type { PGliteOptions } from "@electric-sql/pglite";

/** PGlite's programs as V8 has compiled them. */
export type CompiledPostgres = Required<Pick<PGliteOptions, "pgliteWasmModule" | "initdbWasmModule">>;

/** As much of WebAssembly's interface as is used here; only the DOM's types have it. */
const { WebAssembly } = globalThis as unknown as {
	WebAssembly: { compile(bytes: Uint8Array): Promise<CompiledPostgres["pgliteWasmModule"]> };
};

let compiled: Promise<CompiledPostgres> | undefined;

/**
 * The same for all databases of this process, and never given back: now and then V8 aborts the process as it frees the code of
 * a WebAssembly program as large as Postgres, in Node.js 22 to 26 (https://github.com/nodejs/node/issues/64500).
 */
export function compiledPostgres(): Promise<CompiledPostgres> {
	compiled ??= compile();
	return compiled;
}

async function compile(): Promise<CompiledPostgres> {
	setFlagsFromString("--no-wasm-code-gc");
	// Nor is the code of one function freed once a better one is there. Node.js 22 does not, and prints that it has no such flag.
	if (Number.parseInt(process.versions.v8, 10) >= 13) setFlagsFromString("--no-flush-liftoff-code");
	const entry = import.meta.resolve("@electric-sql/pglite");
	const [pgliteWasmModule, initdbWasmModule] = await Promise.all(
		["pglite.wasm", "initdb.wasm"].map(async (file) => WebAssembly.compile(await readFile(new URL(file, entry)))),
	);
	return { pgliteWasmModule: pgliteWasmModule!, initdbWasmModule: initdbWasmModule! };
}
