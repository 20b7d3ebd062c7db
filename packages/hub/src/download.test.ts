import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DownloadError } from "@drum/tensor";
import { TYPESCRIPT } from "@drum/test-process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type DownloadProgress, openRepository, type RepositoryOptions } from "./index.ts";
import { failure } from "./testing/failure.ts";
import { gitHash, type HubServer, sha256, startHubServer } from "./testing/hub-server.ts";
import { pathOf } from "./testing/path-of.ts";

const NAME = "owner/model";
const WEIGHTS = "unet/model.safetensors";
const weights = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) >> 3));
const config = Buffer.from('{"sample_size":64}');
const files = { "model_index.json": "{}", "unet/config.json": config, [WEIGHTS]: weights, "empty.txt": "" };

let cacheDir: string;
let hub: HubServer;
beforeEach(async () => {
	cacheDir = await mkdtemp(join(tmpdir(), "hub-"));
	hub = await startHubServer({ files });
});
afterEach(async () => {
	await hub.close();
	await rm(cacheDir, { recursive: true });
});

const open = (options: RepositoryOptions = {}, name = NAME) =>
	openRepository(name, { cacheDir, endpoint: hub.url, token: "", ...options });
const blobs = () => readdir(join(cacheDir, "models--owner--model/blobs"));

async function inBlobs(name: string, content: string | Uint8Array): Promise<string> {
	const folder = join(cacheDir, "models--owner--model/blobs");
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, name), content);
	return join(folder, name);
}
const writeLock = (owner: object | null) => inBlobs(`${sha256(weights)}.lock`, JSON.stringify(owner));
const partOf = (name: string) => `${sha256(weights)}.drum-${name}.incomplete`;
const writePart = (content: string | Uint8Array) => inBlobs(partOf("0badcafe"), content);
/** Of the part that is being written. */
const partSize = async () => {
	const part = (await blobs()).find((name) => name.endsWith(".incomplete"))!;
	return (await stat(join(cacheDir, "models--owner--model/blobs", part))).size;
};

describe("a download", () => {
	it("stores a large file as a blob named by its SHA-256, with a relative link to it", async () => {
		const path = await pathOf((await open()).file(WEIGHTS));
		expect(path).toBe(join(cacheDir, "models--owner--model/snapshots", hub.commit, WEIGHTS));
		expect(await readFile(path)).toEqual(weights);
		expect(await readlink(path)).toBe(`../../../blobs/${sha256(weights)}`);
		expect(await blobs()).toEqual([sha256(weights)]);
		expect(await readFile(join(cacheDir, "models--owner--model/refs/main"), "utf8")).toBe(hub.commit);
	});

	it("stores a small file as a blob named by git's hash", async () => {
		expect(await readFile(await pathOf((await open()).file("unet/config.json")))).toEqual(config);
		expect(await blobs()).toEqual([gitHash(config)]);
	});

	it("stores an empty file", async () => {
		expect(await readFile(await pathOf((await open()).file("empty.txt")), "utf8")).toBe("");
	});

	it("knows the repository's files over all pages of its list", async () => {
		const repository = await open();
		expect(await repository.list()).toEqual(Object.keys(files).sort());
		expect(await repository.has("unet/config.json")).toBe(true);
		expect(await repository.has("unet")).toBe(false);
		expect(hub.sent(/resolve|content/)).toBe(0);
	});

	it("reports progress from 0 to all bytes, never decreasing", async () => {
		const progress: DownloadProgress[] = [];
		hub.fail({ on: /content/, dropAfter: 300_000 }, { on: /content/, ignoreRange: true });
		await pathOf((await open({ onProgress: (each) => progress.push(each) })).file(WEIGHTS));
		expect(progress[0]).toEqual({ file: WEIGHTS, loaded: 0, total: weights.length });
		expect(progress.at(-1)).toEqual({ file: WEIGHTS, loaded: weights.length, total: weights.length });
		const loaded = progress.map((each) => each.loaded);
		expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
	});

	it("happens once: the second call uses the file", async () => {
		await pathOf((await open()).file(WEIGHTS));
		await pathOf((await open()).file(WEIGHTS));
		expect(hub.sent(/content/)).toBe(weights.length);
	});
});

describe("a download that breaks", () => {
	it("continues from the bytes that have arrived", async () => {
		hub.fail({ on: /content/, dropAfter: 400_000 }, { on: /content/, dropAfter: 250_000 });
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		const starts = hub.seen.filter(({ at }) => at === "cdn").map(({ range }) => Number(/\d+/.exec(range ?? "0")));
		expect(starts).toHaveLength(3);
		// fetch drops the bytes it holds when a connection breaks: a little less has arrived than was sent.
		const [first, second, third] = starts as [number, number, number];
		expect(first).toBe(0);
		expect(second).toBeGreaterThan(200_000);
		expect(third).toBeGreaterThan(second);
		expect(third).toBeLessThanOrEqual(650_000);
		expect(hub.sent(/content/)).toBe(400_000 + 250_000 + weights.length - third);
	});

	it("skips the bytes it has if the server sends everything again", async () => {
		hub.fail({ on: /content/, dropAfter: 400_000 }, { on: /content/, ignoreRange: true });
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(hub.seen.at(-1)?.range).toMatch(/^bytes=\d+-$/);
		expect(hub.sent(/content/)).toBe(weights.length + 400_000);
	});

	it("continues from the part that an earlier run left", async () => {
		await writePart(weights.subarray(0, 700_000));
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(hub.sent(/content/)).toBe(300_000);
	});

	it.each([503, 429])("tries again after status %d, of the hub and of the CDN", async (status) => {
		hub.fail({ on: /revision/, status }, { on: /tree/, status }, { on: /resolve/, status }, { on: /content/, status });
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
	});

	it("stops after five tries without a byte, names the file, and leaves nothing behind", async () => {
		hub.fail(...Array.from({ length: 5 }, () => ({ on: /content/, status: 502 })));
		const repository = await open();
		const error = await failure(repository.file(WEIGHTS));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toMatch(
			/owner\/model\/unet\/model.safetensors could not be fetched: found HTTP 502.*run this again/,
		);
		expect(await blobs()).toEqual([]);
		expect(await readFile(await pathOf(repository.file(WEIGHTS)))).toEqual(weights);
	});

	it("throws the reason of an abort, keeps what has arrived, and the next run continues from there", async () => {
		hub.fail({ on: /content/, stallAfter: 600_000 });
		const controller = new AbortController();
		const reason = new Error("enough");
		const onProgress = ({ loaded }: DownloadProgress) => loaded === 600_000 && controller.abort(reason);
		const repository = await open({ signal: controller.signal, onProgress });
		expect(await failure(repository.file(WEIGHTS))).toBe(reason);
		expect(await blobs()).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.drum-[0-9a-f]{8}\.incomplete$/)]);
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(hub.sent(/content/)).toBe(600_000 + 400_000);
	});

	it("throws the reason of an abort before it starts", async () => {
		const reason = new Error("enough");
		expect(await failure(open({ signal: AbortSignal.abort(reason) }))).toBe(reason);
		expect(hub.seen).toEqual([]);
	});
});

describe("a damaged answer", () => {
	it.each([
		["has a byte flipped", { corrupt: true }],
		["is too long", { body: Buffer.concat([weights, Buffer.from("!")]) }],
	] as const)("that %s leaves nothing in the cache, and the next try succeeds", async (_, fault) => {
		hub.fail({ on: /content/, ...fault });
		const repository = await open();
		const error = await failure(repository.file(WEIGHTS));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toContain("owner/model/unet/model.safetensors arrived damaged");
		expect(await blobs()).toEqual([]);
		expect(await readFile(await pathOf(repository.file(WEIGHTS)))).toEqual(weights);
	});

	it("is detected in small files too, by git's hash", async () => {
		hub.fail({ on: /resolve/, corrupt: true });
		expect(await failure((await open()).file("unet/config.json"))).toMatchObject({ code: "download" });
		expect(await blobs()).toEqual([]);
	});

	it("that is too short is requested again", async () => {
		hub.fail({ on: /content/, body: weights.subarray(0, 1000) });
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
	});

	it("after a damaged part of an earlier run is detected, and the file is fetched from the beginning", async () => {
		await writePart("rubbish");
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(await blobs()).toEqual([sha256(weights)]);
	});
});

describe("two at once", () => {
	it("in one process download a file once", async () => {
		const repositories = await Promise.all([open(), open()]);
		const paths = await Promise.all(repositories.map((repository) => pathOf(repository.file(WEIGHTS))));
		expect(paths[0]).toBe(paths[1]);
		expect(await readFile(paths[0]!)).toEqual(weights);
		expect(hub.sent(/content/)).toBe(weights.length);
		expect(await blobs()).toEqual([sha256(weights)]);
	});

	const run = () => {
		const script = join(import.meta.dirname, "testing/download-process.ts");
		const env = { ...process.env, HF_HUB_CACHE: cacheDir };
		return promisify(execFile)(process.execPath, [...TYPESCRIPT, script, hub.url, NAME, WEIGHTS], { env });
	};

	it("in two processes download a file once", async () => {
		const [one, other] = await Promise.all([run(), run()]);
		expect(one.stdout).toBe(other.stdout);
		expect(await readFile(one.stdout)).toEqual(weights);
		expect(hub.sent(/content/)).toBe(weights.length);
		expect(await blobs()).toEqual([sha256(weights)]);
	});

	it.each([
		{ host: hostname(), pid: process.pid },
		// Of an owner that cannot be told.
		null,
	])("wait for each other, until they are aborted: %j", async (owner) => {
		const lock = await writeLock(owner);
		const controller = new AbortController();
		const repository = await open({ signal: controller.signal });
		await repository.list();
		setTimeout(() => controller.abort(new Error("enough")), 300);
		expect(await failure(repository.file(WEIGHTS))).toBe(controller.signal.reason);
		expect(hub.sent(/content/)).toBe(0);
		expect(JSON.parse(await readFile(lock, "utf8"))).toEqual(owner);
	});

	it("the one that waits reports the progress of the other", async () => {
		hub.fail({ on: /content/, stallAfter: 600_000 });
		const controller = new AbortController();
		const first = failure((await open({ signal: controller.signal })).file(WEIGHTS));
		const loaded: number[] = [];
		const onProgress = (progress: DownloadProgress) => {
			loaded.push(progress.loaded);
			if (progress.loaded === 600_000) controller.abort();
		};
		await vi.waitFor(() => expect(hub.sent(/content/)).toBeGreaterThan(0));
		expect(await readFile(await pathOf((await open({ onProgress })).file(WEIGHTS)))).toEqual(weights);
		expect(await first).toBe(controller.signal.reason);
		expect(loaded).toEqual([...new Set(loaded)].toSorted((a, b) => a - b));
		expect(loaded.at(-1)).toBe(weights.length);
	});

	it("continue where a process was killed", async () => {
		hub.fail({ on: /content/, stallAfter: 600_000 });
		const killed = run();
		await vi.waitFor(async () => expect(await partSize()).toBe(600_000), { timeout: 30_000 });
		killed.child.kill("SIGKILL");
		await failure(killed);
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(hub.sent(/content/)).toBe(weights.length);
		expect(await blobs()).toEqual([sha256(weights)]);
	});

	it("do not wait for a process that is gone", async () => {
		const gone = promisify(execFile)(process.execPath, ["-e", ""]);
		await gone;
		await writeLock({ host: hostname(), pid: gone.child.pid });
		await pathOf((await open()).file(WEIGHTS));
		expect(await blobs()).toEqual([sha256(weights)]);
	});

	it("do not wait for another machine whose lock is minutes old", async () => {
		const lock = await writeLock({ host: "elsewhere", pid: 1 });
		const then = new Date(Date.now() - 120_000);
		await utimes(lock, then, then);
		await pathOf((await open()).file(WEIGHTS));
		expect(await blobs()).toEqual([sha256(weights)]);
	});
});

describe("what the hub's list says is not trusted", () => {
	it.each(["../../evil", "/etc/evil", "C:evil", "a/../../evil", "..\\evil", ""])("path %j", async (path) => {
		await using evil = await startHubServer({ files, listed: { "model_index.json": { path } } });
		const repository = await open({ endpoint: evil.url });
		const error = await failure(repository.list());
		expect(error).toMatchObject({ code: "checkpoint", found: JSON.stringify(path) });
	});

	it("an invalid hash", async () => {
		await using evil = await startHubServer({ files, listed: { "model_index.json": { oid: "../../evil" } } });
		const repository = await open({ endpoint: evil.url });
		expect(await failure(repository.file("model_index.json"))).toMatchObject({ code: "checkpoint" });
	});

	it("an invalid commit", async () => {
		await using evil = await startHubServer({ files, commit: "../evil" });
		expect(await failure(open({ endpoint: evil.url }))).toMatchObject({ code: "checkpoint" });
	});
});

describe("through the hub's chunk store", () => {
	beforeEach(async () => {
		await hub.close();
		hub = await startHubServer({ files, xet: true });
	});

	it("fetches the same file", async () => {
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(hub.sent(/xorb/)).toBeGreaterThan(weights.length);
		expect(hub.sent(/content/)).toBe(0);
	});

	it("continues from the bytes on the disk", async () => {
		await writePart(weights.subarray(0, 700_001));
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(hub.sent(/xorb/)).toBeLessThan(400_000);
	});

	it("or from the hub itself, if the store cannot be reached", async () => {
		hub.fail({ on: /reconstructions/, status: 403 });
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(hub.sent(/content/)).toBe(weights.length);
	});

	it("or from the hub itself, if the hub does not offer the store", async () => {
		hub.fail({ on: /resolve/, ignoreRange: true, body: Buffer.from("{}") });
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
	});

	it("can be aborted and resumed", async () => {
		const controller = new AbortController();
		const onProgress = ({ loaded }: DownloadProgress) => loaded > 100_000 && controller.abort(new Error("enough"));
		const repository = await open({ signal: controller.signal, onProgress });
		expect(await failure(repository.file(WEIGHTS))).toBe(controller.signal.reason);
		expect(await partSize()).toBeGreaterThan(100_000);
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
	});
});
