import { dirname, join } from "node:path";
import type { MarkdownRenderer } from "vitepress";

export const SOURCE = "https://github.com/drum-js/drum/blob/main";

/** Links of a page that leave docs/ lead to the file on GitHub. */
export function linksToSource(md: MarkdownRenderer): void {
	md.core.ruler.push("links-to-source", ({ tokens, env }) => {
		for (const token of tokens.flatMap(({ children }) => children ?? [])) {
			const href = token.type === "link_open" ? token.attrGet("href") : null;
			const path = href && pathOutside(href, env.relativePath);
			if (path) token.attrSet("href", `${SOURCE}/${path}`);
		}
	});
}

/** Where a link of a page leads, from the repository's root, if that is outside of docs/. */
export function pathOutside(href: string, page: string): string | undefined {
	if (!href.startsWith("../")) return undefined;
	const path = join("docs", dirname(page), href);
	// Folders have no page.
	return path.startsWith("docs/") && path.includes(".") ? undefined : path;
}
