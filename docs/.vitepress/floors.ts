import type { MarkdownRenderer } from "vitepress";

/**
 * The picture of floors in architecture.md, of which GitHub draws the arrows by Mermaid: here a row for each floor, highest first, and
 * below each package what its arrows lead to. It fits on a phone and needs no code in the page.
 */
export function floors(md: MarkdownRenderer): void {
	const fence = md.renderer.rules.fence!;
	md.renderer.rules.fence = (tokens, i, options, env, self) => {
		const { info, content } = tokens[i]!;
		return info.trim() === "mermaid" ? draw(content) : fence(tokens, i, options, env, self);
	};
}

function draw(picture: string): string {
	const uses = new Map<string, string[]>();
	for (const [, from, to] of picture.matchAll(/^ *([\w-]+) --> ([\w-]+)$/gm))
		uses.set(from!, [...(uses.get(from!) ?? []), to!]);
	const rows = Array.from(picture.matchAll(/^ *subgraph (\d+)\n([\s\S]*?)^ *end$/gm), ([, floor, names]) => {
		const packages = names!.trim().split(/\s+/);
		const boxes = packages.map(
			(name) => `<li><strong>${name}</strong><span>${(uses.get(name) ?? []).join(", ")}</span></li>`,
		);
		return `<li value="${floor}"><ul>${boxes.join("")}</ul></li>`;
	});
	if (rows.length === 0) throw new Error("A Mermaid picture other than that of floors is not drawn here");
	return `<ol class="floors" reversed>${rows.join("")}</ol>\n`;
}
