import { adapters, model } from "@drum/tiny";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Host, type OpenPage, PageHost } from "./open-page.ts";
import type { Calls } from "./tiny-page.ts";
import { type TinyRun, tinyRun } from "./tiny-run.ts";

// The whole method in a real browser, from the packages' sources; what it gives is compared with Node.js.

const FOLDERS = { model, drum: adapters };
let host: PageHost;
let page: OpenPage<Calls>;
let expected: TinyRun;
beforeAll(async () => {
	[host, expected] = await Promise.all([PageHost.start("tiny-page.ts", FOLDERS), tinyRun(model, adapters, "cpu")]);
	page = await host.open("plain");
});
afterAll(() => host?.[Symbol.asyncDispose]());

test.each<Host>(["plain", "isolated"])("a %s page picks, profiles and draws what Node.js does", async (kind) => {
	const own = kind === "plain" ? page : await host.open<Calls>(kind);
	const { coreset, latents, pixels } = await own.call("run", "wasm");
	expect(coreset).toEqual(expected.coreset);
	expect(farthest(latents, expected.latents)).toBeLessThan(2e-5);
	expect(farthest(pixels, expected.pixels)).toBeLessThanOrEqual(1);
});

test("a browser shows a picture as it is", async () => {
	const { decoded, pixels } = await page.call("shown");
	expect(farthest(decoded, pixels)).toBe(0);
});

test("a run ends with its signal, and quantised weights are refused before anything is fetched", async () => {
	expect(await page.call("givenUp")).toEqual({ told: expect.stringContaining("enough"), steps: 1 });
	expect(await page.call("quantised")).toMatch(/^device: dtype in a browser: expected one of auto, float32/);
});

function farthest(found: readonly number[], expected: readonly number[]): number {
	expect(found).toHaveLength(expected.length);
	return found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
}
