import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { emptyCorners } from "./empty-corners.ts";
import { equations } from "./equations.ts";
import { floors } from "./floors.ts";
import { linksToSource } from "./links-to-source.ts";
import { writeForLanguageModels } from "./llms.ts";
import { linkTo, sidebars } from "./pages.ts";

/** The page of apps/browser, which draws in the reader's tab. */
const TRY = fileURLToPath(new URL("../../apps/browser/dist/", import.meta.url));

/** Where the site lies on its host: `/drum/` under GitHub Pages. */
const BASE = process.env.SITE_BASE ?? "/";

export default defineConfig({
	title: "DrUM for Node.js",
	description: "Personalised pictures from Stable Diffusion and FLUX, in your own Node.js process",
	base: BASE,
	lang: "en",
	cleanUrls: true,
	head: [["link", { rel: "icon", href: `${BASE}try/mark.svg` }]],
	markdown: {
		config(md) {
			linksToSource(md);
			equations(md);
			floors(md);
			emptyCorners(md);
		},
		theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
	},
	// The root's tsconfig.json names a target that Vite's esbuild does not know; the index of the search is one large file.
	vite: { esbuild: { tsconfigRaw: "{}" }, build: { chunkSizeWarningLimit: 4000 } },
	themeConfig: {
		nav: [linkTo("start.md"), linkTo("how-it-works.md"), linkTo("try-it.md"), { text: "API", link: "/api/" }],
		sidebar: sidebars(),
		socialLinks: [{ icon: "github", link: "https://github.com/drum-js/drum" }],
		search: { provider: "local" },
		outline: [2, 3],
	},
	buildEnd(site) {
		writeForLanguageModels(site);
		if (existsSync(TRY)) cpSync(TRY, join(site.outDir, "try"), { recursive: true });
	},
});
