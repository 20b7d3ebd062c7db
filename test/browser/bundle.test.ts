import { gzipSync } from "node:zlib";
import { buildPage } from "@drum/test-browser";
import { adapters, model } from "@drum/tiny";
import { expect, test } from "vitest";
import type { Calls } from "./bundle-page.ts";
import { PageHost } from "./open-page.ts";

/** Bytes in gzip of all that a page loads but ONNX Runtime, until it has drawn a picture for a history. */
const MOST = 133_500;

test("a page that Vite built draws with no setting, and loads little for its first picture, and says when the rest is gone", async () => {
	let files = new Map<string, Uint8Array>();
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
	for (const name of files.keys()) if (!host.asked.has(name)) files.delete(name);
	await expect(page.call("save")).rejects.toThrow(/DownloadError: a part of this program: .*Reload the page/);
});
