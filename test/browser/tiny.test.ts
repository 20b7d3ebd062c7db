import { gzipSync } from "node:zlib";
import { adapters, model } from "@drum/tiny";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Host, type OpenPage, PageHost } from "./open-page.ts";
import type { Calls } from "./tiny-page.ts";
import { type TinyRun, tinyRun } from "./tiny-run.ts";

// The whole method in a real browser, from the packages' sources; what it gives is compared with Node.js.

/** `pnpm webgpu` runs it on a GPU in software, which Chromium brings. */
const device = process.env.TEST_DEVICE === "webgpu" ? "webgpu" : "wasm";
const GPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--ignore-gpu-blocklist"];
const FOLDERS = { model, drum: adapters };
let host: PageHost;
let page: OpenPage<Calls>;
let expected: TinyRun;
beforeAll(async () => {
	[host, expected] = await Promise.all([
		PageHost.start("tiny-page.ts", FOLDERS, device === "webgpu" ? GPU : []),
		tinyRun(model, adapters, "cpu"),
	]);
	page = await host.open("plain");
});
afterAll(() => host?.[Symbol.asyncDispose]());

test.each<Host>(["plain", "isolated"])("a %s page picks, profiles and draws what Node.js does", async (kind) => {
	const own = kind === "plain" ? page : await host.open<Calls>(kind);
	const { coreset, latents, pixels } = await own.call("run", device);
	expect(coreset).toEqual(expected.coreset);
	expect(farthest(latents, expected.latents)).toBeLessThan(2e-5);
	expect(farthest(pixels, expected.pixels)).toBeLessThanOrEqual(1);
});

test("a browser shows a picture as it is", async () => {
	const { decoded, pixels } = await page.call("shown");
	expect(farthest(decoded, pixels)).toBe(0);
});

test("parts that are given as files draw what the checkpoint's own do", async () => {
	const { own, given } = await page.call("parts");
	expect(farthest(given, own)).toBe(0);
});

test("a run ends with its signal, and quantised weights are refused before anything is fetched", async () => {
	expect(await page.call("givenUp")).toEqual({ told: expect.stringContaining("enough"), steps: 1 });
	expect(await page.call("quantised")).toMatch(/^device: dtype in a browser: expected one of auto, float32/);
});

test("a history in gzip is read up to the most that it may hold, and refused where it is damaged", async () => {
	const packed = [...gzipSync("prompt,rating\na red cat,5\n")];
	expect(await page.call("history", packed, 100)).toEqual([{ prompt: "a red cat", intensity: 5 }]);
	expect(await page.call("history", packed, 20)).toBe(
		"file: history h.csv.gz: expected at most 20 bytes of text, found more. Keep the newest rows",
	);
	for (const damaged of [packed.slice(0, 30), [...packed, ...packed]])
		expect(await page.call("history", damaged, 100)).toMatch(/expected a whole gzip file, found a damaged one/);
	expect(await page.call("history", [...gzipSync(new Uint8Array(50_000_000))], 1000)).toMatch(/at most 1000 bytes/);
});

function farthest(found: readonly number[], expected: readonly number[]): number {
	expect(found).toHaveLength(expected.length);
	return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}
