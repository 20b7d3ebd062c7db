import { afterAll, beforeAll, expect, test } from "vitest";
import type { Calls } from "./graph-page.ts";
import { type Host, type OpenPage, PageHost } from "./open-page.ts";

// In a real browser, from the packages' sources.

let host: PageHost;
let page: OpenPage<Calls>;
beforeAll(async () => {
	host = await PageHost.start("graph-page.ts");
	page = await host.open("plain");
});
afterAll(() => host?.[Symbol.asyncDispose]());

test.each<Host>(["plain", "isolated"])(
	"a %s page has threads or has none, and a model computes the same",
	async (kind) => {
		const own = await host.open<Calls>(kind);
		expect(await own.call("isolated")).toBe(kind === "isolated");
		for (const device of ["wasm", "cpu"] as const) expectClose(await own.call("product", device));
	},
);

test("a page is free while a model runs", async () => {
	expect(await page.call("free")).toBeGreaterThan(5);
});

test("a run is ended in the middle, and models are loaded again", async () => {
	const { run, lost, again, after } = await page.call("ended");
	expect(run).toMatch(/^device: long failed: found its process was ended/);
	expect([lost, again]).toEqual([true, expect.stringContaining("was lost when its runtime ended. Load it again")]);
	expectClose(after);
});

test("mistakes are errors of the same types as in Node.js", async () => {
	expect(await page.call("refused")).toEqual({
		device: expect.stringMatching(/^device: device: expected one of wasm, cpu, webgpu, found "cuda"/),
		feed: "device: feeds of product: expected x, found z",
		shape: "device: input x of product: expected float32 [rows, 8], found int64 [1, 8]",
		dtype: expect.stringMatching(/^device: dtype in a browser: expected one of auto, float32, found "int8"/),
		cutShort: expect.stringMatching(/^checkpoint: weights.safetensors/),
		released: expect.stringContaining("product was released"),
	});
});

test("files of ONNX Runtime that are not there are told, and where they lie can be said", async () => {
	const { noWasm, noWorker, after } = await page.call("missing");
	for (const told of [noWasm, noWorker])
		expect(told).toMatch(/^device: ONNX Runtime could not be started: .*setRuntimeFiles/);
	expectClose(after);
});

test("a device that the browser does not have is refused", async () => {
	const told = await page.call("trial");
	expect(told).toMatch(/^device: webgpu trial could not be loaded on webgpu: .*Use device "wasm"/s);
});

function expectClose({ found, expected }: { found: number[]; expected: number[] }): void {
	expect(found).toHaveLength(expected.length);
	for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
}
