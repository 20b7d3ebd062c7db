import type { MarkdownRenderer } from "vitepress";

/** A table's corner without text is no heading of anything: readers of the screen would hear an empty one. */
export function emptyCorners(md: MarkdownRenderer): void {
	md.core.ruler.push("empty-corners", ({ tokens }) => {
		for (const [i, token] of tokens.entries()) {
			const [text, close] = tokens.slice(i + 1, i + 3);
			if (token.type !== "th_open" || text?.content !== "" || close?.type !== "th_close") continue;
			token.tag = "td";
			close.tag = "td";
		}
	});
}
