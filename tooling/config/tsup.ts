import type { Options } from "tsup";

/** Every package is built alike: ESM and types, one file per entry, dependencies left outside. */
export function build(entry: readonly string[], more: Options = {}): Options {
	return {
		entry: [...entry],
		format: "esm",
		target: "node22",
		dts: true,
		clean: true,
		sourcemap: true,
		treeshake: true,
		tsconfig: new URL("./tsconfig.build.json", import.meta.url).pathname,
		...more,
	};
}
