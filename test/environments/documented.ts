import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../packed/places.ts";

const PAGE = readFileSync(join(ROOT, "docs", "environments.md"), "utf8");
const BLOCKS = Array.from(PAGE.matchAll(/^```\w+\n(.*?)^```/gms), ([, text = ""]) => text);

/** The block of the page that begins with that file's name. */
export function documentedFile(name: string): string {
	const block = BLOCKS.find((text) => text.startsWith(`// ${name}\n`) || text.startsWith(`# ${name}\n`));
	if (block === undefined) throw new Error(`docs/environments.md has no ${name}`);
	return block;
}

/** The setting of a JSON file that the page gives, by its name. */
export function documentedSetting(name: string): Record<string, unknown> {
	const block = BLOCKS.find((text) => text.startsWith(`{ "${name}":`));
	if (block === undefined) throw new Error(`docs/environments.md has no setting ${name}`);
	return JSON.parse(block);
}
