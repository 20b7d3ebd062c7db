import temml from "temml";
import type { MarkdownRenderer } from "vitepress";

/** Fences of `math` become MathML, which browsers draw themselves. GitHub draws the same fences. */
export function equations(md: MarkdownRenderer): void {
	const fence = md.renderer.rules.fence!;
	md.renderer.rules.fence = (tokens, i, options, env, self) => {
		const { info, content } = tokens[i]!;
		if (info.trim() !== "math") return fence(tokens, i, options, env, self);
		return `<div class="equation" tabindex="0">${temml.renderToString(content, { displayMode: true, throwOnError: true })}</div>\n`;
	};
}
