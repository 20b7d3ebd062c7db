import { gzipSync } from "node:zlib";
import { browserFiles } from "@drum/config/tsup";
import { build } from "esbuild";

/**
 * Bytes in gzip of what a page must load of a source's bundle. What is imported only when it is needed, as a vocabulary that a checkpoint
 * lacks, does not count.
 * @throws what esbuild throws, as for an import of Node.js
 */
export async function pageSize(entry: string): Promise<number> {
	const { metafile, outputFiles } = await build({
		...{ bundle: true, minify: true, splitting: true, write: false, metafile: true, logLevel: "silent" },
		...{ format: "esm", platform: "browser", target: "es2023", conditions: ["@drum/source"], plugins: [browserFiles] },
		...{ entryPoints: { page: entry }, outdir: "/", absWorkingDir: "/" },
	});
	const needed = new Set(["page.js"]);
	for (const name of needed)
		for (const { path, kind } of metafile.outputs[name]!.imports) if (kind === "import-statement") needed.add(path);
	const files = outputFiles.filter(({ path }) => needed.has(path.slice(1)));
	return files.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
}
