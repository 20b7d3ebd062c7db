import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, type TypeDocOptions } from "typedoc";

const PACKAGES = fileURLToPath(new URL("../../packages/", import.meta.url));
const OUT = fileURLToPath(new URL("../api/", import.meta.url));

/** Source files of a package that others import, by the names that they import them by: `@drum/peca/model`. */
function entriesOf(folder: string): [name: string, file: string][] {
	const { name, exports } = JSON.parse(readFileSync(join(PACKAGES, folder, "package.json"), "utf8")) as {
		name: string;
		exports: Record<string, Record<string, string> | string>;
	};
	return Object.entries(exports).flatMap(([entry, conditions]) => {
		const source = typeof conditions === "object" ? conditions["@drum/source"] : undefined;
		return source?.endsWith(".ts") ? [[join(name, entry), join(PACKAGES, folder, source)]] : [];
	});
}

/** Writes a page for each entry of each package into docs/api, from the sources' types and doc comments. */
export async function writeApiPages(): Promise<void> {
	const entries = readdirSync(PACKAGES).flatMap(entriesOf);
	const app = await Application.bootstrapWithPlugins({
		entryPoints: entries.map(([, file]) => file),
		tsconfig: fileURLToPath(new URL("../../tsconfig.json", import.meta.url)),
		plugin: ["typedoc-plugin-markdown"],
		router: "module",
		readme: "none",
		// tsc checks them elsewhere.
		skipErrorChecking: true,
		excludeExternals: true,
		excludeInternal: true,
		excludePrivate: true,
		disableSources: true,
		logLevel: "Warn",
		out: OUT,
		entryFileName: "index.md",
		flattenOutputFiles: true,
		excludeScopesInPaths: true,
		hideBreadcrumbs: true,
		hidePageHeader: true,
		hideGroupHeadings: true,
		useCodeBlocks: true,
		expandParameters: true,
		useHTMLEncodedBrackets: true,
		sanitizeComments: true,
		indexFormat: "list",
		parametersFormat: "table",
		interfacePropertiesFormat: "table",
		typeDeclarationFormat: "table",
		pageTitleTemplates: { index: "API", module: ({ name }: { name: string }) => name },
	} as TypeDocOptions);
	const points = app.getEntryPoints();
	if (!points) throw new Error("The packages' types could not be read");
	const nameOf = new Map(entries.map(([name, file]) => [file, name]));
	for (const point of points) point.displayName = nameOf.get(point.sourceFile.fileName) ?? point.displayName;
	const project = app.converter.convert(points);
	await app.generateOutputs(project);
}
