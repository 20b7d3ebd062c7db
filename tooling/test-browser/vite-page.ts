import { browserFiles, fromSources } from "@drum/config/vite";
import { build, type Rolldown } from "vite";

/** All files of a page that Vite builds of a source, by their names: `page.js`, `assets/…`. */
export async function buildPage(entry: string): Promise<Map<string, Uint8Array>> {
	const { output } = (await build({
		...{ configFile: false, logLevel: "error", base: "./", plugins: [browserFiles], ...fromSources },
		build: {
			...{ write: false, assetsInlineLimit: 0, modulePreload: false, target: "es2024" },
			rolldownOptions: { input: { page: entry }, output: { entryFileNames: "[name].js" } },
		},
	})) as Rolldown.RolldownOutput;
	const bytes = (source: string | Uint8Array) =>
		typeof source === "string" ? new TextEncoder().encode(source) : source;
	return new Map(output.map((file) => [file.fileName, bytes(file.type === "chunk" ? file.code : file.source)]));
}
