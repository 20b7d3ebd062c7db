import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ArgumentError, FileError, type Warning } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRepository } from "./index.ts";
import { pathOf } from "./testing/path-of.ts";

let root: string;
beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "folder-"));
	await mkdir(join(root, "checkpoint/unet"), { recursive: true });
	await writeFile(join(root, "checkpoint/unet/config.json"), "{}");
	await writeFile(join(root, "checkpoint/model_index.json"), "{}");
	await writeFile(join(root, "secret"), "words");
});
afterEach(() => rm(root, { recursive: true }));

describe("a folder as a repository", () => {
	it("lists its files as paths with slashes", async () => {
		const repository = await openRepository(join(root, "checkpoint"));
		expect(repository.name).toBe(join(root, "checkpoint"));
		expect(await repository.list()).toEqual(["model_index.json", "unet/config.json"]);
	});

	it("opens by a relative path, and gives absolute ones", async () => {
		const repository = await openRepository(relative(process.cwd(), join(root, "checkpoint")));
		expect(await pathOf(repository.file("unet/config.json"))).toBe(join(root, "checkpoint/unet/config.json"));
	});

	it("warns that a revision has no effect", async () => {
		const told: Warning[] = [];
		await openRepository(join(root, "checkpoint"), { revision: "main", onWarning: (warning) => told.push(warning) });
		expect(told).toMatchObject([{ code: "option-unused", what: "revision" }]);
	});

	it("has its files, but not its folders or missing files", async () => {
		const repository = await openRepository(join(root, "checkpoint"));
		expect(await repository.has("unet/config.json")).toBe(true);
		expect(await repository.has("unet")).toBe(false);
		expect(await repository.has("vae/config.json")).toBe(false);
	});

	it("gives a file's first bytes, or all bytes of a shorter file", async () => {
		const repository = await openRepository(join(root, "checkpoint"));
		expect(await repository.head("unet/config.json", 1)).toEqual({ bytes: Uint8Array.of(0x7b), size: 2 });
		expect(await repository.head("unet/config.json", 9)).toEqual({ bytes: Uint8Array.of(0x7b, 0x7d), size: 2 });
	});

	it("names the folder and the missing file in the error", async () => {
		const repository = await openRepository(join(root, "checkpoint"));
		const error = await pathOf(repository.file("vae/config.json")).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toContain(`${join(root, "checkpoint")} has no file vae/config.json`);
	});

	it("gives no files from outside", async () => {
		const repository = await openRepository(join(root, "checkpoint"));
		expect(await repository.has("../secret")).toBe(false);
		await expect(repository.file("../secret")).rejects.toBeInstanceOf(FileError);
		await expect(repository.file(join(root, "secret"))).rejects.toBeInstanceOf(FileError);
	});

	it("follows links to files and folders, but not in circles", async () => {
		await symlink("../../secret", join(root, "checkpoint/unet/weights"));
		await symlink("unet", join(root, "checkpoint/unet_ema"));
		await symlink("..", join(root, "checkpoint/unet/up"));
		const repository = await openRepository(join(root, "checkpoint"));
		expect(await repository.list()).toEqual([
			"model_index.json",
			"unet/config.json",
			"unet/weights",
			"unet_ema/config.json",
			"unet_ema/weights",
		]);
	});
});

it("throws a FileError if the folder has disappeared or has become a file", async () => {
	const repository = await openRepository(join(root, "checkpoint"));
	await rm(join(root, "checkpoint"), { recursive: true });
	await expect(repository.list()).rejects.toBeInstanceOf(FileError);
	await writeFile(join(root, "checkpoint"), "");
	await expect(repository.list()).rejects.toBeInstanceOf(FileError);
});

describe("an invalid source", () => {
	it.each(["./no/such/folder", "no folder, no id", "~/models", "", "a/b/c", "-a/b", "a/..", "a--b/c"])(
		"%j: says both",
		async (source) => {
			const error = await openRepository(source).catch((error: unknown) => error);
			expect(error).toBeInstanceOf(ArgumentError);
			expect(error).toMatchObject({ expected: "an existing folder, or a hub repository's owner/name" });
		},
	);

	it("that is a file: the error says to give its folder", async () => {
		await expect(openRepository(join(root, "secret"))).rejects.toMatchObject({ code: "argument", found: "a file" });
	});
});
