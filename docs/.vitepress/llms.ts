import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SiteConfig } from "vitepress";
import { pathOutside, SOURCE } from "./links-to-source.ts";
import { GROUPS, linkTo, read } from "./pages.ts";

/**
 * For language models, as llmstxt.org describes it: each page as Markdown under its own path, `llms.txt` with a line for each, and
 * `llms-full.txt` with the text of all but the API's.
 */
export function writeForLanguageModels({ outDir, site }: SiteConfig): void {
	const head = `# ${site.title}\n\n> ${site.description}\n`;
	const lists: string[] = [];
	const texts: string[] = [];
	for (const { title, pages } of GROUPS) {
		if (pages.length === 0) continue;
		lists.push(`## ${title}\n\n${pages.map((page) => `- [${linkTo(page).text}](${site.base}${page})`).join("\n")}\n`);
		for (const page of pages) {
			const text = plain(page);
			mkdirSync(dirname(join(outDir, page)), { recursive: true });
			writeFileSync(join(outDir, page), text);
			if (title !== "API") texts.push(text);
		}
	}
	writeFileSync(join(outDir, "llms.txt"), `${head}\n${lists.join("\n")}`);
	writeFileSync(join(outDir, "llms-full.txt"), `${head}\n${texts.join("\n\n---\n\n")}`);
}

/** A page as it is written, without what only the site draws; links that leave docs/ are whole. */
function plain(page: string): string {
	return read(page)
		.replace(/^---\n[\s\S]*?\n---\n+/, "")
		.replace(/^(?:<!--.*-->|<\w+ \/>)\n/gm, "")
		.replace(/\]\((\.\.\/[^)]+)\)/g, (link, href: string) => {
			const path = pathOutside(href, page);
			return path ? `](${SOURCE}/${path})` : link;
		});
}
