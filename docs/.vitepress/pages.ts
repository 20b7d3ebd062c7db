import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DefaultTheme } from "vitepress";

const DOCS = fileURLToPath(new URL("..", import.meta.url));

export interface Group {
	title: string;
	/** Paths of pages from docs/. */
	pages: readonly string[];
	/** Listed at the side of its own pages alone, which lie in this folder. */
	folder?: string;
}

/** All pages in the order in which one would read them. Those of api/ are there after `pnpm site` made them. */
export const GROUPS: readonly Group[] = [
	{ title: "Start", pages: ["start.md", "how-it-works.md", "try-it.md"] },
	{
		title: "Draw",
		pages: ["personalise.md", "drawing.md", "prompts.md", "models.md", "loras.md", "from-diffusers.md", "errors.md"],
	},
	{
		title: "Run",
		pages: [
			"fast.md",
			"memory.md",
			"devices.md",
			"browser.md",
			"environments.md",
			"service.md",
			"capacity.md",
			"marks.md",
		],
	},
	{ title: "Train and measure", pages: ["train.md", "evaluate.md", "miniature/report.md", "miniature/why.md"] },
	{ title: "Inside", pages: ["architecture.md", "formats.md", "decisions.md"] },
	{ title: "Decisions", pages: pagesIn("decisions"), folder: "decisions" },
	{ title: "API", pages: pagesIn("api"), folder: "api" },
];

/** A page's text. */
export function read(page: string): string {
	return readFileSync(join(DOCS, page), "utf8");
}

/** A page's first heading. */
function titleOf(page: string): string {
	return /^# (.+)$/m.exec(read(page))?.[1] ?? page;
}

export function linkTo(page: string): { text: string; link: string } {
	return { text: titleOf(page), link: `/${page.replace(/(index)?\.md$/, "")}` };
}

/** What is listed at a page's side: all groups, but for those of a folder, which stand at their own pages' side. */
export function sidebars(): DefaultTheme.SidebarMulti {
	const listed = ({ title, pages }: Group) => ({ text: title, items: pages.map(linkTo) });
	const [own, all] = [GROUPS.filter(({ folder }) => folder), GROUPS.filter(({ folder }) => !folder)];
	const start = { text: "Start", link: "/start" };
	return {
		"/": all.map(listed),
		...Object.fromEntries(own.map((group) => [`/${group.folder}/`, [start, listed(group)]])),
	};
}

function pagesIn(folder: string): string[] {
	const path = join(DOCS, folder);
	if (!existsSync(path)) return [];
	const pages = readdirSync(path).filter((file) => file.endsWith(".md"));
	// The index comes first.
	const order = (page: string) => `${page === "index.md" ? 0 : 1}${page}`;
	return pages.sort((a, b) => (order(a) < order(b) ? -1 : 1)).map((page) => `${folder}/${page}`);
}
