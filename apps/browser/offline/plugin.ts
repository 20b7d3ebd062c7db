import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "vite";

/** Files that only some browsers ask for, or some models: they are kept once they were fetched. */
const LATER = /(asyncify|jspi)[^/]*\.wasm$|session-worker-(jspi|webgpu)|vocabulary/;

/** Writes the service worker, which keeps all files of the built page, into its folder as `offline.js`. */
export function offline(source: string): Plugin {
	let folder = "";
	return {
		name: "offline",
		apply: "build",
		configResolved: ({ root, build: { outDir } }) => {
			folder = join(root, outDir);
		},
		writeBundle: {
			// After all that other plugins copy.
			order: "post",
			sequential: true,
			handler: () => write(folder, source),
		},
	};
}

async function write(folder: string, source: string): Promise<void> {
	const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
		.filter((entry) => entry.isFile())
		.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
		.sort();
	const hash = createHash("sha256");
	for (const file of files) hash.update(file).update(await readFile(join(folder, file)));
	// The page itself is asked for by its folder.
	const kept = files.filter((file) => !LATER.test(file)).map((file) => (file === "index.html" ? "./" : file));
	const { outputFiles } = await build({
		entryPoints: [source],
		bundle: true,
		minify: true,
		write: false,
		define: { __FILES__: JSON.stringify(kept), __VERSION__: JSON.stringify(hash.digest("hex").slice(0, 16)) },
	});
	await writeFile(join(folder, "offline.js"), outputFiles[0]!.contents);
}
