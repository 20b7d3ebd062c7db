import {
	appendFile,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	readlink,
	rm,
	stat,
	symlink,
	truncate,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CheckpointError, DownloadError } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRepository, pickWeights, type RepositoryOptions } from "./index.ts";
import { failure } from "./testing/failure.ts";
import { gitHash, type HubServer, sha256, startHubServer } from "./testing/hub-server.ts";
import { pathOf } from "./testing/path-of.ts";

const NAME = "owner/model";
const WEIGHTS = "unet/model.safetensors";
const weights = Buffer.from(Array.from({ length: 500_000 }, (_, i) => (i * 7919) >> 3));
const files = { "config.json": "{}", [WEIGHTS]: weights, "vae/config.json": "{ }" };

let cacheDir: string;
let hub: HubServer;
beforeEach(async () => {
	vi.stubEnv("HF_HUB_OFFLINE", undefined);
	cacheDir = await mkdtemp(join(tmpdir(), "shared-"));
	hub = await startHubServer({ files });
});
afterEach(async () => {
	vi.unstubAllEnvs();
	await hub.close();
	await rm(cacheDir, { recursive: true });
});

const open = (options: RepositoryOptions = {}) =>
	openRepository(NAME, { cacheDir, endpoint: hub.url, token: "", ...options });
const inCache = (path: string) => join(cacheDir, "models--owner--model", path);
let blob: string;
beforeEach(() => {
	blob = inCache(`blobs/${sha256(weights)}`);
});

describe("together with an older huggingface_hub, which appends to <blob>.incomplete", () => {
	it("both store a whole file, in any order of their writes", async () => {
		await mkdir(inCache("blobs"), { recursive: true });
		const theirs = `${blob}.incomplete`;
		let written = 0;
		// It writes a stretch whenever we have one.
		const onProgress = ({ loaded }: { loaded: number }) => {
			if (loaded > written) void appendFile(theirs, weights.subarray(written, loaded));
			written = Math.max(written, loaded);
		};
		const path = await pathOf((await open({ onProgress })).file(WEIGHTS));
		expect(await readFile(path)).toEqual(weights);
		await vi.waitFor(async () => expect((await stat(theirs)).size).toBe(weights.length));
		expect(await readFile(theirs)).toEqual(weights);
		// What it does to its part from now on is no longer anybody's file.
		await appendFile(theirs, "more");
		expect(await readFile(path)).toEqual(weights);
	});

	it("a part that it has left is neither continued nor removed", async () => {
		await mkdir(inCache("blobs"), { recursive: true });
		await writeFile(`${blob}.incomplete`, "rubbish");
		await pathOf((await open()).file(WEIGHTS));
		expect(await readFile(`${blob}.incomplete`, "utf8")).toBe("rubbish");
		expect(hub.sent(/content/)).toBe(weights.length);
	});
});

describe("a file of the cache that differs from the hub's list", () => {
	const spoils: [string, () => Promise<void>][] = [
		["too long", () => appendFile(blob, "more")],
		["too short", () => truncate(blob, 1000)],
		["empty", () => truncate(blob, 0)],
		["gone", () => rm(blob)],
	];

	it.each(spoils)("because it is %s, is fetched again", async (_, spoil) => {
		await pathOf((await open()).file(WEIGHTS));
		await spoil();
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(await readFile(blob)).toEqual(weights);
		expect(await readdir(inCache("blobs"))).toEqual([sha256(weights)]);
	});

	it.each(spoils.slice(0, 3))("because it is %s, is an error when offline, with its path", async (_, spoil) => {
		const path = await pathOf((await open()).file(WEIGHTS));
		await spoil();
		const error = await failure((await open({ offline: true })).file(WEIGHTS));
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error).toMatchObject({ what: `${path} in the hub's cache`, expected: "500000 bytes, as the hub lists it" });
		expect(String(error)).toContain("the option offline");
	});

	it("is detected for a commit given by its hash too", async () => {
		await pathOf((await open()).file(WEIGHTS));
		await truncate(blob, 1000);
		const path = await pathOf((await open({ revision: hub.commit })).file(WEIGHTS));
		expect(await readFile(path)).toEqual(weights);
	});

	it("and is a link to another, shorter file: the link is corrected", async () => {
		const path = await pathOf((await open()).file(WEIGHTS));
		await writeFile(inCache("blobs/short"), "short");
		await rm(path);
		await symlink("../../../blobs/short", path);
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(await readlink(path)).toBe(`../../../blobs/${sha256(weights)}`);
		expect(await readFile(inCache("blobs/short"), "utf8")).toBe("short");
	});

	it("and is a copy, on a disk without links: the copy is replaced", async () => {
		const path = await pathOf((await open()).file(WEIGHTS));
		await rm(path);
		await writeFile(path, "short");
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
	});

	it("but is right in the store that huggingface_hub shares between repositories: it is used through its link", async () => {
		const store = join(cacheDir, "store");
		await writeFile(store, weights);
		await mkdir(inCache("blobs"), { recursive: true });
		await symlink(store, blob);
		expect(await readFile(await pathOf((await open()).file(WEIGHTS)))).toEqual(weights);
		expect(hub.sent(/content/)).toBe(0);
	});
});

describe("the hub's list", () => {
	const saved = () => readFile(inCache(`trees/${hub.commit}.json`), "utf8");

	it("is saved as in huggingface_hub, and not requested again", async () => {
		await (await open()).list();
		const [small, large] = [Buffer.from("{}"), weights];
		expect(JSON.parse(await saved())).toEqual({
			format_version: 1,
			files: {
				"config.json": { size: 2, blob_id: gitHash(small) },
				[WEIGHTS]: { size: large.length, blob_id: gitHash(large), lfs_sha256: sha256(large), lfs_size: large.length },
				"vae/config.json": { size: 3, blob_id: gitHash(Buffer.from("{ }")) },
			},
		});
		const before = hub.seen.length;
		expect(await (await open()).list()).toEqual(Object.keys(files).sort());
		expect(hub.seen.slice(before).map(({ path }) => path)).toEqual([`/api/models/${NAME}/revision/main`]);
	});

	it("says offline which files exist, and a missing one is an error that it was not downloaded", async () => {
		await pathOf((await open()).file("config.json"));
		const repository = await open({ offline: true });
		expect(await repository.list()).toEqual(Object.keys(files).sort());
		expect(await repository.has(WEIGHTS)).toBe(true);
		const error = await failure(pickWeights(repository, "unet", "model"));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toContain(`owner/model: ${WEIGHTS} is not in the cache`);
		expect(await failure(repository.head(WEIGHTS, 8))).toMatchObject({ code: "download" });
	});

	it("that was never saved: offline, the error says that a missing file may only not have been downloaded", async () => {
		await pathOf((await open()).file("config.json"));
		await rm(inCache("trees"), { recursive: true });
		const repository = await open({ offline: true });
		expect(await repository.has(WEIGHTS)).toBe(false);
		const error = await failure(pickWeights(repository, "unet", "model"));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toMatch(/weights unet\/model.* is not in the cache .*offline, as set by the option/);
	});

	it.each([
		["no JSON", () => "{"],
		["another version's", () => JSON.stringify({ format_version: 2, files: {} })],
		["one with a path that leads out", (text: string) => text.replace("config.json", "../../evil")],
		["one with an invalid hash", (text: string) => text.replace(/"blob_id": "[0-9a-f]+"/, '"blob_id": "../evil"')],
		["one with an invalid size", (text: string) => text.replace('"size": 2', '"size": -2')],
	])("as kept is %s: asked for again", async (_, spoil) => {
		await (await open()).list();
		const text = await saved();
		await writeFile(inCache(`trees/${hub.commit}.json`), spoil(text));
		expect(await (await open()).list()).toEqual(Object.keys(files).sort());
		expect(await saved()).toBe(text);
	});
});
