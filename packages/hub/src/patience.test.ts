import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, DownloadError, type Warning } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type HubWait, openRepository, type RepositoryOptions } from "./index.ts";
import { retryAfter } from "./retry-after.ts";
import { failure } from "./testing/failure.ts";
import { type HubServer, startHubServer } from "./testing/hub-server.ts";
import { pathOf } from "./testing/path-of.ts";

const NAME = "owner/model";
const weights = Buffer.alloc(300_000, 7);
const files = { "config.json": "{}", "unet/model.safetensors": weights };

let cacheDir: string;
let hub: HubServer;
beforeEach(async () => {
	cacheDir = await mkdtemp(join(tmpdir(), "patience-"));
	hub = await startHubServer({ files });
	vi.stubEnv("HF_HUB_OFFLINE", undefined);
	vi.stubEnv("HF_HUB_ETAG_TIMEOUT", "1");
	vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "1");
});
afterEach(async () => {
	vi.unstubAllEnvs();
	await hub.close();
	await rm(cacheDir, { recursive: true });
});

const open = (options: RepositoryOptions = {}) =>
	openRepository(NAME, { cacheDir, endpoint: hub.url, token: "", ...options });

describe("a hub that takes the connection and says nothing", () => {
	it("is asked once if the cache has the files, which are then used with a warning", async () => {
		await pathOf((await open()).file("config.json"));
		const before = hub.seen.length;
		hub.fail({ on: /./, hang: true, times: 9 });
		const warnings: Warning[] = [];
		const options = { onWarning: (warning: Warning) => warnings.push(warning) };
		expect(await readFile(await pathOf((await open(options)).file("config.json")), "utf8")).toBe("{}");
		expect(hub.seen.length - before).toBe(1);
		expect(warnings).toMatchObject([{ code: "hub-unreachable", what: NAME }]);
		expect(warnings[0]?.message).toMatch(/no answer from 127\.0\.0\.1:\d+ in 1 s/);
		// For a while no other repository waits for it either.
		await open(options);
		expect(hub.seen.length - before).toBe(1);
		expect(warnings).toHaveLength(2);
	});

	it("is asked again if the cache is empty, and each wait is reported", async () => {
		hub.fail({ on: /revision/, hang: true, times: 2 });
		const waits: HubWait[] = [];
		await open({ onWait: (wait) => waits.push(wait) });
		expect(waits.map(({ milliseconds }) => milliseconds)).toEqual([500, 1000]);
		expect(waits[0]?.what).toMatch(/the next try for owner\/model, after no answer from 127/);
	});

	it("in the middle of a file: the download continues from there", async () => {
		hub.fail({ on: /content/, stallAfter: 200_000 }, { on: /content/, hang: true });
		expect(await readFile(await pathOf((await open()).file("unet/model.safetensors")))).toEqual(weights);
		expect(hub.sent(/content/)).toBe(weights.length);
	});

	it("in the middle of a list: the list is requested again", async () => {
		const stall = { on: /tree/, answer: (_: unknown, response: { write(text: string): void }) => response.write("[") };
		hub.fail(stall as never);
		expect(await (await open()).list()).toEqual(Object.keys(files).sort());
	});

	it("does not delay an abort", async () => {
		hub.fail({ on: /./, hang: true });
		const controller = new AbortController();
		setTimeout(() => controller.abort(new Error("enough")), 100);
		expect(await failure(open({ signal: controller.signal }))).toBe(controller.signal.reason);
	});
});

describe("a slow reader", () => {
	it("does not count as a stalled download", async () => {
		const chunks: number[] = [];
		const onProgress = ({ loaded }: { loaded: number }) => {
			const until = Date.now() + (chunks.push(loaded) === 2 ? 1300 : 0);
			while (Date.now() < until);
		};
		await pathOf((await open({ onProgress })).file("unet/model.safetensors"));
		expect(hub.seen.filter(({ at }) => at === "cdn")).toHaveLength(1);
	});
});

describe("a server that asks for time", () => {
	it.each([429, 503])("with status %d gets it", async (status) => {
		hub.fail({ on: /revision/, status, headers: { "retry-after": "1" } });
		const waits: HubWait[] = [];
		await open({ onWait: (wait) => waits.push(wait) });
		expect(waits).toEqual([
			{ what: `the next try for ${NAME}, after HTTP ${status}: out of order`, milliseconds: 1000 },
		]);
	});

	it("of hours: the error comes at once and says so", async () => {
		hub.fail({ on: /revision/, status: 429, headers: { "retry-after": "7200" }, error: "slow down" });
		const error = await failure(open());
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toMatch(/HTTP 429: slow down.*to be asked again in 7200 s/);
		expect(hub.seen).toHaveLength(1);
	});

	it("of a minute is not asked again if the cache has the files", async () => {
		await pathOf((await open()).file("config.json"));
		const before = hub.seen.length;
		hub.fail({ on: /revision/, status: 429, headers: { "retry-after": "60" } });
		await pathOf((await open()).file("config.json"));
		expect(hub.seen.length - before).toBe(1);
	});

	const now = Date.parse("2026-01-01T00:00:00Z");
	it.each<[Record<string, string>, number | undefined]>([
		[{ "retry-after": "3" }, 3000],
		[{ "retry-after": " 0 " }, 0],
		[{ "retry-after": "1.5" }, 1500],
		[{ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 30_000],
		[{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
		[{ ratelimit: '"api";r=0;t=55' }, 56_000],
		[{ ratelimit: '"api";r=12;t=55' }, undefined],
		[{ "retry-after": "soon" }, undefined],
		[{ "retry-after": "-5" }, undefined],
		[{ "retry-after": "99999999999999999999" }, undefined],
		[{}, undefined],
	])("by %j: %j ms", (headers, milliseconds) => {
		expect(retryAfter(new Headers(headers), now)).toBe(milliseconds);
	});
});

describe("the limits' variables", () => {
	it.each(["HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"])("%s must be a whole number", async (name) => {
		for (const value of ["10s", "-1", "2.5", "1e3", "abc", "Infinity", "0x10", "999999"]) {
			vi.stubEnv(name, value);
			const error = await failure(open());
			expect(error).toBeInstanceOf(ArgumentError);
			expect(error).toMatchObject({ what: name, found: JSON.stringify(value) });
		}
		for (const value of ["", "0", " 5 "]) {
			vi.stubEnv(name, value);
			await open();
		}
	});
});
