import { gzipSync } from "node:zlib";
import { buildPage } from "@drum/test-browser";
import { adapters, model } from "@drum/tiny";
import { expect, test } from "vitest";
import type { Calls } from "./bundle-page.ts";
import { PageHost } from "./open-page.ts";

/** Bytes in gzip of all that a page loads but ONNX Runtime, until it has drawn a picture for a history. */
const MOST = 160_000;

test("a page that Vite built draws with no setting, and loads little for its first picture", async () => {
	let files: ReadonlyMap<string, Uint8Array> = new Map();
	const build = async (entry: string) => {
		files = await buildPage(entry);
		return files;
	};
	await using host = await PageHost.start("bundle-page.ts", { model, drum: adapters }, [], build);
	const page = await host.open<Calls>("plain");
	expect((await page.call("draw")).coreset).toHaveLength(2);
	const scripts = [...host.asked].filter((name) => name.endsWith(".js") && !name.includes("session-worker"));
	const sizes = scripts.map((name) => gzipSync(files.get(name)!).length);
	expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST);
	expect(scripts.length).toBeLessThan(files.size);
});
