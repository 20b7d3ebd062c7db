import { read } from "./sources.ts";

/** The order of dependence: a package imports from rows above its own, and from its own row nothing but itself. */
export const ORDER: readonly (readonly string[])[] = [
	["tensor"],
	["tiny", "database"],
	["tokens", "formats"],
	["hub", "graph"],
	["coreset", "encoders-clip", "encoders-t5", "encoders-qwen3", "encoders-transformers"],
	["peca"],
	["diffusion", "training"],
	["captions", "mark", "pipeline"],
	["pipelines-sd", "pipelines-flux"],
	["eval", "ai-provider"],
	["eval-runs"],
	["cli"],
];

const BEGIN = "<!-- floors: written by `npx tsx tooling/checks/floors.ts` -->\n";
const END = "<!-- end of floors -->\n";

/** The page with its picture of floors as the packages are: rows of `ORDER` from below, an arrow to each dependency that no other brings. */
export function withFloors(page: string): string {
	const [before, after] = [page.slice(0, page.indexOf(BEGIN) + BEGIN.length), page.slice(page.indexOf(END))];
	return `${before}\n${picture()}\n${after}`;
}

function picture(): string {
	const uses = new Map(ORDER.flat().map((name) => [name, usesOf(name)]));
	const floors = ORDER.map((row, i) => `  subgraph ${i + 1}\n${row.map((name) => `    ${name}\n`).join("")}  end\n`);
	const arrows = [...uses].flatMap(([name, used]) => {
		const brought = new Set(used.flatMap((each) => allOf(each, uses)));
		return used.filter((each) => !brought.has(each)).map((each) => `  ${name} --> ${each}\n`);
	});
	return `\`\`\`mermaid\nflowchart TB\n${floors.toReversed().join("")}${arrows.join("")}\`\`\`\n`;
}

/** Optional peers are not among them: a package works without. */
function usesOf(name: string): string[] {
	const { dependencies = {} } = JSON.parse(read(`packages/${name}/package.json`)) as {
		dependencies?: Record<string, string>;
	};
	return Object.keys(dependencies).flatMap((each) => /^@drum\/(.+)$/.exec(each)?.[1] ?? []);
}

function allOf(name: string, uses: ReadonlyMap<string, readonly string[]>): string[] {
	return uses.get(name)!.flatMap((each) => [each, ...allOf(each, uses)]);
}

if (import.meta.main) {
	const { writeFileSync } = await import("node:fs");
	const { resolve } = await import("node:path");
	const { ROOT } = await import("./sources.ts");
	writeFileSync(resolve(ROOT, "docs/architecture.md"), withFloors(read("docs/architecture.md")));
}
