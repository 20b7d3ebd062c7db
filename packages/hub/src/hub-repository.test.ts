import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, DownloadError, FileError } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hubFiles, openRepository, pickWeights } from "./index.ts";
import { failure } from "./testing/failure.ts";
import { type HubServer, startHubServer } from "./testing/hub-server.ts";
import { pathOf } from "./testing/path-of.ts";

const NAME = "owner/model";
const COMMIT = "a".repeat(40);
const index = JSON.stringify({ weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } });
const files = {
	"config.json": "{}",
	"model.safetensors.index.json": index,
	"model-1.safetensors": "one",
	"model-2.safetensors": "two",
	"old/pytorch_model.bin": "pickle",
};

let home: string;
let hub: HubServer;
beforeEach(async () => {
	home = await mkdtemp(join(tmpdir(), "home-"));
	hub = await startHubServer({ files });
	for (const name of ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"])
		vi.stubEnv(name, undefined);
	vi.stubEnv("HF_HOME", home);
	vi.stubEnv("HF_ENDPOINT", hub.url);
});
afterEach(async () => {
	vi.unstubAllEnvs();
	await hub.close();
	await rm(home, { recursive: true });
});

const inHome = (path: string) => join(home, "hub/models--owner--model", path);

/** The cache as huggingface_hub leaves it. */
async function fillCache(contents: Record<string, string> = { "config.json": "cached" }) {
	await mkdir(inHome("refs"), { recursive: true });
	await mkdir(inHome("blobs"), { recursive: true });
	await mkdir(inHome(`snapshots/${COMMIT}`), { recursive: true });
	await writeFile(inHome("refs/main"), COMMIT);
	for (const [path, content] of Object.entries(contents)) {
		await writeFile(inHome(`blobs/${path}-etag`), content);
		await symlink(`../../blobs/${path}-etag`, inHome(`snapshots/${COMMIT}/${path}`));
	}
}

describe("a file's first bytes", () => {
	const start = (text: string) => new TextEncoder().encode(text);

	it("come without the rest, which is not downloaded", async () => {
		const repository = await openRepository(NAME);
		expect(await repository.head("model-1.safetensors", 2)).toEqual({ bytes: start("on"), size: 3 });
		expect(hub.sent(/model-1/)).toBe(2);
		expect(await readdir(join(home, "hub/models--owner--model"))).not.toContain("blobs");
	});

	it("come from the cache if it has the file", async () => {
		await fillCache();
		const repository = await openRepository(NAME, { offline: true });
		expect(await repository.head("config.json", 3)).toEqual({ bytes: start("cac"), size: 6 });
	});

	it("are requested again when the connection breaks", async () => {
		hub.fail({ on: /model-1/, dropAfter: 1 });
		const repository = await openRepository(NAME);
		expect(await repository.head("model-1.safetensors", 3)).toEqual({ bytes: start("one"), size: 3 });
	});

	it("are refused for a file that the repository lacks", async () => {
		const repository = await openRepository(NAME);
		expect(await failure(repository.head("model-9.safetensors", 3))).toBeInstanceOf(FileError);
	});
});

describe("the files of a repository, with how much of each is in the cache", () => {
	const extents = async () => Object.fromEntries((await hubFiles(NAME)).map(({ path, ...extent }) => [path, extent]));

	it("come from the hub's list, and no file is fetched", async () => {
		const told = Object.entries(files).map(([path, text]) => [path, { size: text.length, kept: 0 }]);
		expect(await extents()).toEqual(Object.fromEntries(told));
		expect(hub.seen.every(({ path }) => path.startsWith("/api/"))).toBe(true);
	});

	it("are in the cache after a download, and partly after a broken one", async () => {
		const repository = await openRepository(NAME);
		await repository.file("config.json");
		hub.fail({ on: /content\/model-1/, dropAfter: 2 }, { on: /content\/model-1/, status: 403 });
		expect(await failure(repository.file("model-1.safetensors"))).toBeInstanceOf(DownloadError);
		expect(await extents()).toMatchObject({
			"config.json": { size: 2, kept: 2 },
			"model-1.safetensors": { size: 3, kept: 2 },
		});
		expect(await hubFiles(NAME, { offline: true })).toEqual(await hubFiles(NAME));
	});

	it("are refused for an invalid id, and if neither hub nor cache has the list", async () => {
		expect(await failure(hubFiles("./folder"))).toBeInstanceOf(ArgumentError);
		await fillCache();
		expect(await failure(hubFiles(NAME, { offline: true }))).toBeInstanceOf(DownloadError);
	});
});

describe("the environment, as huggingface_hub reads it", () => {
	it("HF_HOME and HF_ENDPOINT say where the cache and the hub are", async () => {
		const path = await pathOf((await openRepository(NAME)).file("config.json"));
		expect(path).toBe(inHome(`snapshots/${COMMIT}/config.json`));
	});

	it("HF_HUB_CACHE overrides HF_HOME, and the option both", async () => {
		vi.stubEnv("HF_HUB_CACHE", join(home, "other"));
		expect(await pathOf((await openRepository(NAME)).file("config.json"))).toContain(
			join(home, "other/models--owner--model"),
		);
		const repository = await openRepository(NAME, { cacheDir: join(home, "third") });
		expect(await pathOf(repository.file("config.json"))).toContain(join(home, "third/models--owner--model"));
	});

	it("HF_TOKEN overrides the token file, and the option both; without a token there is no header", async () => {
		await (await openRepository(NAME)).list();
		await writeFile(join(home, "token"), "hf_file\n");
		await (await openRepository(NAME)).list();
		vi.stubEnv("HF_TOKEN", "hf_env");
		await (await openRepository(NAME)).list();
		await (await openRepository(NAME, { token: "hf_option" })).list();
		expect([...new Set(hub.seen.map(({ authorization }) => authorization))]).toEqual([
			undefined,
			"Bearer hf_file",
			"Bearer hf_env",
			"Bearer hf_option",
		]);
	});

	it("the token is sent to the hub, and never to where it redirects", async () => {
		await pathOf((await openRepository(NAME, { token: "hf_secret" })).file("model-1.safetensors"));
		expect(
			hub.seen.filter(({ at }) => at === "hub").every(({ authorization }) => authorization === "Bearer hf_secret"),
		).toBe(true);
		expect(hub.seen.filter(({ at }) => at === "cdn").map(({ authorization }) => authorization)).toEqual([undefined]);
	});

	it("refuses an endpoint that is not a URL", async () => {
		vi.stubEnv("HF_ENDPOINT", "hub.example");
		expect(await failure(openRepository(NAME))).toBeInstanceOf(ArgumentError);
	});
});

describe("the cache", () => {
	it("serves a pinned commit without asking the hub", async () => {
		await fillCache();
		const repository = await openRepository(NAME, { revision: COMMIT });
		expect(await repository.has("config.json")).toBe(true);
		expect(await readFile(await pathOf(repository.file("config.json")), "utf8")).toBe("cached");
		expect(hub.seen).toEqual([]);
	});

	it("serves a branch's files if the hub says that it is still at that commit", async () => {
		await fillCache({ "config.json": "{}" });
		await pathOf((await openRepository(NAME)).file("config.json"));
		expect(await readFile(await pathOf((await openRepository(NAME)).file("config.json")), "utf8")).toBe("{}");
		const [revision, tree] = [`/api/models/${NAME}/revision/main`, `/api/models/${NAME}/tree/${COMMIT}`];
		expect(hub.seen.map(({ path }) => path)).toEqual([revision, tree, tree, tree, revision]);
	});

	it("offline, serves what it has, and lists it", async () => {
		await fillCache();
		vi.stubEnv("HF_HUB_OFFLINE", "1");
		const repository = await openRepository(NAME);
		expect(await repository.list()).toEqual(["config.json"]);
		expect(await repository.has("model-1.safetensors")).toBe(false);
		expect(await readFile(await pathOf(repository.file("config.json")), "utf8")).toBe("cached");
		const error = await failure(repository.file("model-1.safetensors"));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toMatch(/owner\/model: model-1.safetensors is not in the cache .*HF_HUB_OFFLINE/);
		expect(hub.seen).toEqual([]);
	});

	it("offline and empty, is an error when it is opened", async () => {
		const error = await failure(openRepository(NAME, { offline: true }));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toContain(inHome(""));
		expect(hub.seen).toEqual([]);
	});

	it("is used when the hub cannot be reached", async () => {
		await fillCache({
			"config.json": "cached",
			"model.safetensors.index.json": index,
			"model-1.safetensors": "1",
			"model-2.safetensors": "2",
		});
		await hub.close();
		const repository = await openRepository(NAME);
		expect(await readFile(await pathOf(repository.file("config.json")), "utf8")).toBe("cached");
		expect(await pathOf(pickWeights(repository, "", "model"))).toBe(
			inHome(`snapshots/${COMMIT}/model.safetensors.index.json`),
		);
		expect(await failure(repository.file("vae.json"))).toMatchObject({
			found: expect.stringContaining("cannot be reached"),
		});
		const pinned = await openRepository(NAME, { revision: COMMIT });
		expect(await pathOf(pickWeights(pinned, "", "model"))).toBe(
			inHome(`snapshots/${COMMIT}/model.safetensors.index.json`),
		);
	});

	it("links a blob of another snapshot, without fetching it", async () => {
		await pathOf((await openRepository(NAME)).file("config.json"));
		await rm(inHome("snapshots"), { recursive: true });
		const sent = hub.sent(/resolve/);
		expect(await readFile(await pathOf((await openRepository(NAME)).file("config.json")), "utf8")).toBe("{}");
		expect(hub.sent(/resolve/)).toBe(sent);
	});

	it("replaces a link whose blob was removed", async () => {
		await pathOf((await openRepository(NAME)).file("config.json"));
		await rm(inHome("blobs"), { recursive: true });
		expect(await readFile(await pathOf((await openRepository(NAME)).file("config.json")), "utf8")).toBe("{}");
	});
});

describe("a repository that cannot be used", () => {
	it("that is gated: the error says to accept its licence and set HF_TOKEN", async () => {
		await using gated = await startHubServer({ files, gatedFor: "hf_right" });
		const error = await failure((await openRepository(NAME, { endpoint: gated.url })).file("config.json"));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toContain(`accept its licence at ${gated.url}/${NAME}, then set HF_TOKEN`);
		expect(String(error)).toContain("Access to model owner/model is restricted");
		expect(await readdir(inHome("blobs"))).toEqual([]);
		const wrong = await failure(
			(await openRepository(NAME, { endpoint: gated.url, token: "hf_wrong" })).file("config.json"),
		);
		expect(String(wrong)).toContain("check that the access token of the option token is a valid token of that account");
		const right = await openRepository(NAME, { endpoint: gated.url, token: "hf_right" });
		expect(await readFile(await pathOf(right.file("config.json")), "utf8")).toBe("{}");
	});

	it("that does not exist: the error names it, and says that there is no folder either", async () => {
		const error = await failure(openRepository("owner/typo"));
		expect(error).toBeInstanceOf(DownloadError);
		expect(String(error)).toContain(`owner/typo is neither a folder here nor a repository on ${hub.url}`);
	});

	it("that may not be read: the error names it, with the hub's answer", async () => {
		hub.fail({ on: /revision/, status: 401 }, { on: /owner/, status: 401 });
		const error = await failure(openRepository(NAME));
		expect(error).toMatchObject({ code: "download", found: "HTTP 401: out of order" });
		expect(String(error)).toMatch(/owner\/model is neither.*set HF_TOKEN/);
	});

	it.each(["v2", "b".repeat(40)])("without revision %s: the error names both", async (revision) => {
		const error = await failure(openRepository(NAME, { revision }).then((repository) => repository.list()));
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toContain(`owner/model has no revision ${revision}`);
	});

	it("without the file: the error names both", async () => {
		const error = await failure((await openRepository(NAME)).file("vae/config.json"));
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toContain("owner/model has no file vae/config.json");
	});

	it("that is asked for a file outside: it has none", async () => {
		const repository = await openRepository(NAME);
		expect(await repository.has("../../config.json")).toBe(false);
		expect(await failure(repository.file("../../config.json"))).toBeInstanceOf(FileError);
	});

	it("that is asked for a revision with a path out of the cache: refused", async () => {
		expect(await failure(openRepository(NAME, { revision: "../../main" }))).toBeInstanceOf(ArgumentError);
	});

	it("that answers 404 for a file of its list: the error names the file", async () => {
		hub.fail({ on: /resolve/, status: 404 });
		const error = await failure((await openRepository(NAME)).file("config.json"));
		expect(String(error)).toContain("owner/model/config.json is not on");
	});
});

describe("weights of a hub repository", () => {
	it("are fetched with all their shards", async () => {
		const path = await pathOf(pickWeights(await openRepository(NAME), "", "model"));
		expect(path).toBe(inHome(`snapshots/${COMMIT}/model.safetensors.index.json`));
		expect(await readFile(join(path, "../model-2.safetensors"), "utf8")).toBe("two");
	});

	it("that are only pickled are not fetched", async () => {
		const error = await failure(pickWeights(await openRepository(NAME), "old", "model"));
		expect(error).toMatchObject({ code: "checkpoint", found: "only pickled weights (old/pytorch_model.bin)" });
		expect(hub.sent(/resolve|content/)).toBe(0);
	});
});
