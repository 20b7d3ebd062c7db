import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { StableDiffusion } from "@drum/pipelines-sd";
import { model } from "@drum/tiny";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type HubServer, startHubServer } from "../../packages/hub/src/testing/hub-server.ts";
import type { Calls } from "./hub-page.ts";
import { type OpenPage, PageHost } from "./open-page.ts";

// In a real browser, from the packages' sources. Hub and store are other origins than the page, and answer as the real ones were seen to.

let host: PageHost;
let page: OpenPage<Calls>;
beforeAll(async () => {
	host = await PageHost.start("hub-page.ts", { tiny: dirname(model) });
	page = await host.open("isolated");
});
afterAll(() => host?.[Symbol.asyncDispose]());

const apart = (found: ArrayLike<number>, expected: ArrayLike<number>) => {
	expect(found.length).toBe(expected.length);
	return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
};

test("a folder's address opens as the folder does in Node.js, with its hidden states and fingerprints", async () => {
	const prompt = "a yellow circle";
	const found = await page.call("encode", prompt);
	await using pipeline = await StableDiffusion.fromPretrained(model);
	const encoder = pipeline.encoders.L!;
	const { hidden } = await encoder.encode([prompt]);
	expect(apart(found.hidden, hidden[-1]!.data)).toBeLessThan(1e-5);
	expect(apart(found.kept, hidden[-1]!.data)).toBeLessThan(1e-5);
	expect(found.prints).toEqual({ L: encoder.fingerprint });
	expect(found.saved).toMatch(/^file: profile.safetensors: expected a file that can be written, found a browser/);
});

test("a folder that is not there is an error of the same type as in Node.js", async () => {
	expect(await page.call("missing")).toMatch(/^file: .*tiny\/none\/model_index.json/);
});

describe("files of the hub", () => {
	const weights = randomBytes(1_000_000);
	const sum = weights.reduce((sum, byte, i) => (sum + byte * (i + 1)) % 1_000_003, 0);
	const files = { "config.json": "{}", "model.safetensors": weights };
	const whole = { list: Object.keys(files), size: weights.length, sum };
	let hub: HubServer;
	let folders = 0;
	/** Each test keeps its files in a folder of its own. */
	let options: { endpoint: string; cacheDir: string };
	beforeEach(async () => {
		hub = await startHubServer({ files, cors: "as seen" });
		options = { endpoint: hub.url, cacheDir: `cache-${folders++}` };
	});
	afterEach(() => hub.close());

	test("are fetched once, with progress, and kept for the next time, which asks for no content", async () => {
		const first = await page.call("file", options);
		expect(first).toMatchObject({ ...whole, warnings: [] });
		expect(first.progress.at(-1)).toBe(weights.length);
		expect(first.progress).toEqual([...first.progress].sort((a, b) => a - b));
		const sent = hub.sent(/content/);
		expect(sent).toBe(weights.length);
		expect(await page.call("file", options)).toMatchObject({ ...whole, progress: [] });
		expect(hub.sent(/content/)).toBe(sent);
	});

	test("go on from where a broken download stopped", async () => {
		expect(await page.call("aborted", options, 1)).toBe("enough");
		const sent = hub.sent(/content/);
		hub.fail({ on: /content/, dropAfter: 300_000, dropDelay: 1000 });
		expect(await page.call("file", options)).toMatchObject(whole);
		expect(hub.seen.some(({ range }) => range !== undefined && range !== "bytes=0-")).toBe(true);
		expect(sent).toBeGreaterThan(0);
	});

	test("are told with their sizes and what is here of each, before they are fetched and after", async () => {
		const [config, large] = Object.entries(files).map(([path, { length }]) => ({ path, size: length, kept: 0 }));
		expect(await page.call("files", options)).toEqual([config, large]);
		expect(hub.sent(/./)).toBe(0);
		expect(await page.call("aborted", options, 1)).toBe("enough");
		const [, begun] = await page.call("files", options);
		expect((begun as typeof large)!.kept).toBeGreaterThan(0);
		await page.call("file", options);
		expect(await page.call("files", options)).toEqual([config, { ...large, kept: weights.length }]);
	});

	test("come from a store that shows a page no header, whole, by range and the rest of a broken download", async () => {
		await using silent = await startHubServer({ files, cors: "bodies" });
		const from = { ...options, endpoint: silent.url };
		silent.fail({ on: /content/, dropAfter: 300_000, dropDelay: 1000 });
		expect(await page.call("file", from)).toMatchObject(whole);
		expect(silent.seen.some(({ range }) => range !== undefined && range !== "bytes=0-")).toBe(true);
		expect(await page.call("file", { ...from, cacheDir: "" })).toMatchObject(whole);
	});

	test("serve where a hub allows no page, and what is told names the reason that a browser keeps to itself", async () => {
		await page.call("file", options);
		await using other = await startHubServer({ files });
		const { said, ...found } = await page.call("file", { ...options, endpoint: other.url });
		expect(found).toMatchObject({ ...whole, warnings: ["hub-unreachable"] });
		expect(said).toContain(`there is no network, or ${new URL(other.url).host} does not allow this page (CORS)`);
	});

	test("that arrive damaged are refused, and none of them is kept", async () => {
		hub.fail({ on: /content/, corrupt: true });
		expect((await page.call("file", options)).error).toMatch(
			/^download: owner\/model\/model.safetensors arrived damaged/,
		);
		expect(await page.call("file", options)).toMatchObject(whole);
	});

	test("without a cache are read as they are, and nothing is kept", async () => {
		for (let i = 1; i <= 2; i++) {
			expect(await page.call("file", { ...options, cacheDir: "" })).toMatchObject({ ...whole, warnings: [] });
			expect(hub.sent(/content/)).toBe(i * weights.length);
		}
	});

	test("serve where the hub no longer answers, and that is told", async () => {
		await page.call("file", options);
		await hub.close();
		expect(await page.call("file", options)).toMatchObject({ ...whole, warnings: ["hub-unreachable"] });
		const none = await page.call("file", options, "config.json");
		expect(none.error).toMatch(/^download: owner\/model: config.json is not in the cache/);
	});

	test("that are not there, and revisions that are not, are errors of the same types as in Node.js", async () => {
		expect((await page.call("file", options, "none.json")).error).toMatch(/^file: owner\/model has no file none.json/);
		const gone = await page.call("file", { ...options, revision: "gone" });
		expect(gone.error).toMatch(/^file: owner\/model has no revision gone/);
	});
});
