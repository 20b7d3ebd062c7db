import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError, DownloadError, type Warning } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findFile, namesFile } from "./index.ts";
import { type HubServer, startHubServer } from "./testing/hub-server.ts";
import { pathOf } from "./testing/path-of.ts";

let home: string;
let hub: HubServer;
beforeEach(async () => {
	home = await realpath(await mkdtemp(join(tmpdir(), "find-")));
	hub = await startHubServer({ files: { "a.safetensors": "one", "text/b c.safetensors": "two", "other.json": "{}" } });
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

describe("a file on the hub", () => {
	it.each([
		["by its path behind the repository's id", () => "owner/model/a.safetensors", "one"],
		["in a folder", () => "owner/model/text/b c.safetensors", "two"],
		["by the address of its page", () => `${hub.url}/owner/model/blob/main/text/b%20c.safetensors`, "two"],
		["by its download's address", () => `${hub.url}/owner/model/resolve/main/a.safetensors?download=true`, "one"],
	])("is found %s, and it alone is downloaded", async (_, source, content) => {
		expect(await namesFile(source())).toBe(true);
		const { repository, path, isLocal } = (await findFile(source()))!;
		expect(isLocal).toBe(false);
		expect(await readFile(await pathOf(repository.file(path)), "utf8")).toBe(content);
		expect(hub.sent(/other/)).toBe(0);
	});

	it("has the revision of the option or of the address, which must not differ", async () => {
		const { repository } = (await findFile("owner/model/a.safetensors", { revision: "main" }))!;
		expect(repository.name).toBe("owner/model");
		const address = `${hub.url}/owner/model/blob/main/a.safetensors`;
		await expect(findFile(address, { revision: "other" })).rejects.toMatchObject({
			code: "argument",
			what: "revision",
		});
	});

	it("that does not exist is named in the error", async () => {
		const { repository, path } = (await findFile("owner/model/none.safetensors"))!;
		await expect(repository.file(path)).rejects.toThrow(/none\.safetensors/);
		await expect(findFile("nobody/model/a.safetensors")).rejects.toThrow(DownloadError);
	});

	it.each([
		"https://example.com/owner/model/blob/main/a.safetensors",
		"https://huggingface.co/owner/model",
		"huggingface.co/owner/model/tree/main",
	])("is not looked for at %s", async (source) => {
		await expect(findFile(source)).rejects.toMatchObject({
			code: "argument",
			expected: expect.stringContaining("hub"),
		});
	});
});

describe("a file on this machine", () => {
	it("is found by its path, also through a link, and before the hub is asked", async () => {
		vi.stubEnv("HF_ENDPOINT", "http://127.0.0.1:1");
		await mkdir(join(home, "blobs"));
		await writeFile(join(home, "blobs/1f"), "x");
		await symlink("blobs/1f", join(home, "model.safetensors"));
		const told: Warning[] = [];
		const options = { revision: "main", onWarning: (warning: Warning) => told.push(warning) };
		const found = (await findFile(join(home, "model.safetensors"), options))!;
		expect(found).toMatchObject({ path: "1f", isLocal: true });
		expect(told).toMatchObject([{ code: "option-unused", what: "revision" }]);
		expect(await pathOf(found.repository.file(found.path))).toBe(join(home, "blobs/1f"));
		expect(await namesFile(join(home, "model.safetensors"))).toBe(true);
	});

	it("that does not exist is an error; a folder, an id and other values give undefined", async () => {
		for (const source of [join(home, "none.safetensors"), "none.safetensors", "here/none.safetensors"])
			await expect(findFile(source)).rejects.toMatchObject({ code: "argument", found: "no such file" });
		await expect(findFile("owner/model/v1-5-pruned.ckpt")).rejects.toMatchObject({
			code: "argument",
			found: "pickled weights",
		});
		for (const source of [home, "owner/model", "", 5 as unknown as string]) {
			expect(await findFile(source)).toBeUndefined();
			expect(await namesFile(source)).toBe(false);
		}
		await expect(findFile("x.safetensors", { cache: "x" } as object)).rejects.toThrow(ArgumentError);
	});
});
