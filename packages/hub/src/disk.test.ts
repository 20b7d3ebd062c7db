import type * as promises from "node:fs/promises";
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileError } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRepository } from "./index.ts";
import { failure } from "./testing/failure.ts";
import { type HubServer, startHubServer } from "./testing/hub-server.ts";
import { pathOf } from "./testing/path-of.ts";

const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY, free: undefined as number | undefined, links: true }));

function failsWith(code: string, syscall: string) {
	return Object.assign(new Error(`${code}, ${syscall}`), { code, syscall, errno: -1 });
}

vi.mock("node:fs/promises", async (original) => {
	const fs = await original<typeof promises>();
	return {
		...fs,
		open: async (...args: Parameters<typeof fs.open>) => {
			const handle = await fs.open(...args);
			const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
			/** As a full disk does: a short write first, then none. */
			const limited = async (bytes: Uint8Array, offset: number, length: number, position: number) => {
				const fits = Math.min(length, disk.room - position);
				if (fits <= 0) throw failsWith("ENOSPC", "write");
				return write(bytes, offset, fits, position);
			};
			return Object.assign(handle, { write: limited });
		},
		statfs: async (...args: Parameters<typeof fs.statfs>) => {
			const info = await fs.statfs(...args);
			return disk.free === undefined ? info : { ...info, bsize: 1, bavail: disk.free };
		},
		symlink: (...args: Parameters<typeof fs.symlink>) =>
			disk.links ? fs.symlink(...args) : Promise.reject(failsWith("EPERM", "symlink")),
		link: (...args: Parameters<typeof fs.link>) =>
			disk.links ? fs.link(...args) : Promise.reject(failsWith("EPERM", "link")),
	};
});

const weights = Buffer.alloc(500_000, 7);
let cacheDir: string;
let hub: HubServer;
beforeEach(async () => {
	cacheDir = await mkdtemp(join(tmpdir(), "disk-"));
	hub = await startHubServer({ files: { "model.safetensors": weights } });
});
afterEach(async () => {
	Object.assign(disk, { room: Number.POSITIVE_INFINITY, free: undefined, links: true });
	await hub.close();
	await rm(cacheDir, { recursive: true });
});

const open = (folder = cacheDir) => openRepository("owner/model", { cacheDir: folder, endpoint: hub.url, token: "" });
const blobs = () => readdir(join(cacheDir, "models--owner--model/blobs"));

describe("a disk", () => {
	it("that fills up: the error names the file and what to do, and nothing is left behind", async () => {
		disk.room = 123_456;
		const repository = await open();
		const error = await failure(repository.file("model.safetensors"));
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toMatch(
			/no room on the disk for owner\/model\/model.safetensors: found ENOSPC.*Free some space.*HF_HOME/,
		);
		expect(await blobs()).toEqual([]);
		disk.room = Number.POSITIVE_INFINITY;
		expect(await readFile(await pathOf(repository.file("model.safetensors")))).toEqual(weights);
	});

	it("without room for the file: the error comes before anything is fetched", async () => {
		disk.free = weights.length - 1;
		const error = await failure((await open()).file("model.safetensors"));
		expect(error).toMatchObject({ code: "file", expected: "500000 bytes free", found: "499999" });
		expect(hub.sent(/content/)).toBe(0);
		expect(await blobs()).toEqual([]);
	});

	it("that allows no links: the cache has a copy", async () => {
		disk.links = false;
		const path = await pathOf((await open()).file("model.safetensors"));
		expect((await lstat(path)).isFile()).toBe(true);
		expect(await readFile(path)).toEqual(weights);
	});

	it("that cannot be written: the error names the folder", async () => {
		const folder = join(cacheDir, "file/cache");
		await writeFile(join(cacheDir, "file"), "");
		const error = await failure(open(folder).then((repository) => repository.file("model.safetensors")));
		expect(error).toBeInstanceOf(FileError);
		expect(String(error)).toContain(`cannot be written to ${folder}`);
	});
});
