import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { writeApiPages } from "./api-pages.ts";

// The whole site into docs/.vitepress/dist: the API's pages, the page that draws, and what is written by hand. A dead link fails it.

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

rmSync(here("../api"), { recursive: true, force: true });
await writeApiPages();
execFileSync("npm", ["--prefix", here("../../apps/browser"), "run", "build", "--", "--logLevel", "warn"], {
	stdio: "inherit",
});
await build(here(".."));
