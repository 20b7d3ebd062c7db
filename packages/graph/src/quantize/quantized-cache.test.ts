import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import type * as promises from "node:fs/promises";
import { mkdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "@drum/tensor";
import { SafetensorsFile } from "@drum/tensor/node";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type QuantizeOptions, quantize } from "../index.ts";
import { dequantized, quantizedFiles } from "../testing/dequantized.ts";
import { spread } from "../testing/run.ts";
import { checkpointOf, temporaryFolder } from "../testing/temporary.ts";

const disk = vi.hoisted(() => ({ free: undefined as number | undefined, room: Number.POSITIVE_INFINITY }));

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
				if (fits <= 0) throw Object.assign(new Error("ENOSPC, write"), { code: "ENOSPC", syscall: "write" });
				return write(bytes, offset, fits, position);
			};
			return Object.assign(handle, { write: limited });
		},
		statfs: async (...args: Parameters<typeof fs.statfs>) => {
			const info = await fs.statfs(...args);
			return disk.free === undefined ? info : { ...info, bsize: 1, bavail: disk.free };
		},
	};
});
afterEach(() => Object.assign(disk, { free: undefined, room: Number.POSITIVE_INFINITY }));

const folder = await temporaryFolder();
const weight = spread([128, 4096]);
const weights = await checkpointOf(join(folder, "model.safetensors"), { weight, other: spread([256, 8192], 1) });
let folders = 0;

function withByte(bytes: Buffer, at: number): Buffer {
	const changed = Buffer.from(bytes);
	changed[at]! ^= 1;
	return changed;
}

/** Quantises into a folder of the test's own. */
function cache() {
	const cacheFolder = join(folder, `cache-${folders++}`);
	const build: QuantizeOptions["build"] = (source) => {
		source.quantized?.("weight", { oneRow: false });
		source.quantized?.("other", { oneRow: false });
	};
	const make = (options: Partial<QuantizeOptions> = {}) =>
		quantize(weights, { dtype: "int8", outliers: true, build, cacheFolder, ...options });
	const path = async () => join(cacheFolder, (await quantizedFiles(cacheFolder))[0]!);
	return { cacheFolder, make, path };
}

describe("quantised weights are kept", () => {
	it("and found again, without a byte written", async () => {
		const { cacheFolder, make, path } = cache();
		const first = await make();
		const before = await stat(await path());
		const second = await make({ onQuantize: () => expect.fail("made again") });
		const after = await stat(await path());
		expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
		expect(second.quantized!("weight", { oneRow: false })).toEqual(first.quantized!("weight", { oneRow: false }));
		expect(await quantizedFiles(cacheFolder)).toHaveLength(1);
	});

	it.each<[string, (path: string, bytes: Buffer) => Promise<void>]>([
		["cut short", (path, bytes) => truncate(path, bytes.length - 1)],
		["longer", (path, bytes) => writeFile(path, Buffer.concat([bytes, Buffer.alloc(1)]))],
		["empty", (path) => writeFile(path, "")],
		[
			"changed in its first scale",
			(path, bytes) => writeFile(path, withByte(bytes, 8 + Number(bytes.readBigUInt64LE()))),
		],
		["changed in its last code", (path, bytes) => writeFile(path, withByte(bytes, bytes.length - 1))],
		["of another digest", (path, bytes) => writeFile(path, withByte(bytes, bytes.indexOf('"sha256":"') + 10))],
		["of another version", (path, bytes) => writeFile(path, bytes.toString("latin1").replace('"2"', '"0"'), "latin1")],
	])("and made anew where the file is %s", async (_, damage) => {
		const { cacheFolder, make, path } = cache();
		await make();
		const whole = await readFile(await path());
		await damage(await path(), whole);
		await utimes(await path(), new Date(0), new Date(0));
		expect(await readFile(await path())).not.toEqual(whole);
		await make();
		expect(await readFile(await path())).toEqual(whole);
		expect(await quantizedFiles(cacheFolder)).toHaveLength(1);
	});

	it("and used after a process has checked them, where only their time has changed", async () => {
		const { make, path } = cache();
		await make();
		await utimes(await path(), new Date(0), new Date(0));
		const before = await stat(await path());
		await make({ onQuantize: () => expect.fail("made again") });
		await expect(make({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
		expect((await stat(await path())).ino).toBe(before.ino);
	});

	// Windows has no FIFOs in folders.
	if (process.platform !== "win32") {
		it("and made anew where a FIFO is in their place", async () => {
			const { make, path } = cache();
			await make();
			const file = await path();
			const whole = await readFile(file);
			await rm(file);
			execFileSync("mkfifo", [file]);
			await make();
			expect(await readFile(file)).toEqual(whole);
		});
	}

	it("with the SHA-256 of their data", async () => {
		const { make, path } = cache();
		await make();
		const { metadata, tensors } = await SafetensorsFile.open(await path());
		const bytes = await readFile(await path());
		const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest();
		const parts = [...tensors.values()].sort((one, other) => one.offset - other.offset);
		const hashes = parts.map(({ offset, length }) => sha256(bytes.subarray(offset, offset + length)));
		expect(metadata.sha256).toBe(sha256(Buffer.concat(hashes)).toString("hex"));
	});

	it("for each dtype and each checkpoint by itself", async () => {
		const { cacheFolder, make } = cache();
		const edited = join(folder, `edited-${folders}.safetensors`);
		const another = await checkpointOf(edited, { weight: spread([128, 4096], 1) });
		await make();
		await make({ dtype: "int4" });
		const build: QuantizeOptions["build"] = (source) => source.quantized?.("weight", { oneRow: false });
		await quantize(another, { dtype: "int8", build, cacheFolder });
		expect(await quantizedFiles(cacheFolder)).toHaveLength(3);
		await utimes(edited, new Date(0), new Date(0));
		await quantize(another, { dtype: "int8", build, cacheFolder });
		expect(await quantizedFiles(cacheFolder)).toHaveLength(4);
	});

	it("whole, where two make them at once", async () => {
		const { cacheFolder, make } = cache();
		const [one, two] = await Promise.all([make(), make()]);
		expect(one.quantized!("weight", { oneRow: false })).toEqual(two.quantized!("weight", { oneRow: false }));
		expect(await quantizedFiles(cacheFolder)).toHaveLength(1);
		const { data, steps } = await dequantized(cacheFolder, "weight");
		expect(data.every((value, i) => Math.abs(value - weight.data[i]!) <= steps[i]! * 0.500001)).toBe(true);
	});

	it("next to files that a killed process left, which are removed after an hour", async () => {
		const { cacheFolder, make } = cache();
		await mkdir(cacheFolder);
		const [old, young] = ["old.safetensors.1.tmp", "young.safetensors.2.tmp"];
		for (const name of [old, young]) await writeFile(join(cacheFolder, name), "partial");
		const twoHoursAgo = new Date(Date.now() - 7_200_000);
		await utimes(join(cacheFolder, old), twoHoursAgo, twoHoursAgo);
		await make();
		const files = await quantizedFiles(cacheFolder);
		expect(files).toHaveLength(2);
		expect(files).toContain(young);
	});
});

describe("nothing is left behind", () => {
	const reason = new Error("enough");

	it("by a call that is cancelled midway, and the next makes the file", async () => {
		const { cacheFolder, make } = cache();
		const control = new AbortController();
		let calls = 0;
		const onProgress = () => {
			calls++;
			control.abort(reason);
		};
		await expect(make({ signal: control.signal, onQuantize: onProgress })).rejects.toBe(reason);
		expect(calls).toBe(1);
		expect(await quantizedFiles(cacheFolder)).toEqual([]);
		await make();
		expect(await quantizedFiles(cacheFolder)).toHaveLength(1);
	});

	it("by a call that was cancelled before", async () => {
		const { cacheFolder, make } = cache();
		await expect(make({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
		await expect(stat(cacheFolder)).rejects.toThrow("ENOENT");
	});

	it("not on a full disk: the error gives the size before writing begins", async () => {
		const { cacheFolder, make } = cache();
		disk.free = 1000;
		const call = make();
		await expect(call).rejects.toThrow(FileError);
		await expect(call).rejects.toThrow(/no room on the disk .*: expected 2785\d{3} bytes free, found 1000\. Free some/);
		expect(await quantizedFiles(cacheFolder)).toEqual([]);
	});

	it("on a disk that fills up", async () => {
		const { cacheFolder, make } = cache();
		disk.room = 1_000_000;
		const call = make();
		await expect(call).rejects.toThrow(FileError);
		await expect(call).rejects.toThrow(/no room on the disk .*: expected 2785\d{3} bytes free/);
		expect(await quantizedFiles(cacheFolder)).toEqual([]);
	});
});

it("a cache folder that cannot be written to throws a FileError", async () => {
	const file = join(folder, "file");
	await writeFile(file, "");
	const call = cache().make({ cacheFolder: join(file, "cache") });
	await expect(call).rejects.toThrow(FileError);
	await expect(call).rejects.toThrow(
		/cannot be written to .*Give a folder that can be written, with HF_HOME or the option cacheFolder/,
	);
});
