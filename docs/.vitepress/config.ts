import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type MarkdownOptions } from "vitepress";

const DOCS = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = "https://github.com/drum-js/drum/blob/main";

/** A page's first heading. */
function titleOf(page: string): string {
	return /^# (.+)$/m.exec(readFileSync(join(DOCS, page), "utf8"))?.[1] ?? page;
}

const item = (page: string) => ({ text: titleOf(page), link: `/${page.replace(/\.md$/, "")}` });

const decisions = readdirSync(join(DOCS, "decisions")).map((page) => item(`decisions/${page}`));

const sidebar = [
	{ text: "Start", items: ["start.md"].map(item) },
	{ text: "Draw", items: ["prompts.md", "formats.md", "errors.md"].map(item) },
	{ text: "Run", items: ["environments.md", "devices.md", "capacity.md"].map(item) },
	{ text: "Inside", items: ["architecture.md"].map(item) },
	{ text: "Decisions", collapsed: true, items: decisions },
];

/** Links that leave this folder lead to the file on GitHub. */
const markdown: MarkdownOptions = {
	config(md) {
		md.core.ruler.push("links-to-source", ({ tokens, env }) => {
			for (const token of tokens.flatMap(({ children }) => children ?? [])) {
				const href = token.type === "link_open" ? token.attrGet("href") : null;
				if (!href?.startsWith("../")) continue;
				const path = join("docs", dirname(env.relativePath), href);
				if (!path.startsWith("docs/")) token.attrSet("href", `${SOURCE}/${path}`);
			}
		});
	},
};

export default defineConfig({
	title: "DrUM for Node.js",
	description: "Personalised pictures from Stable Diffusion and FLUX, in your own Node.js process",
	cleanUrls: true,
	markdown,
	themeConfig: {
		nav: [item("start.md"), item("errors.md"), { text: "Source", link: "https://github.com/drum-js/drum" }],
		sidebar,
		search: { provider: "local" },
		outline: [2, 3],
	},
	/** A list of all pages for language models, as llmstxt.org describes it. */
	buildEnd({ outDir, site }) {
		const lines = sidebar.flatMap(({ text, items }) => [
			`\n## ${text}\n`,
			...items.map((page) => `- [${page.text}](${page.link}.html)`),
		]);
		writeFileSync(join(outDir, "llms.txt"), `# ${site.title}\n\n> ${site.description}\n${lines.join("\n")}\n`);
	},
});
