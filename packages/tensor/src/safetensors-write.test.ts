import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArgumentError, FileError, float32, serializeSafetensors } from "./index.ts";
import { writeSafetensors } from "./node.ts";

let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "drum-tensor-"));
});
afterEach(() => rm(folder, { recursive: true }));

const tensors = { a: float32(Float32Array.of(1, 2), [2]), empty: float32(new Float32Array(), [0]) };

describe("writeSafetensors", () => {
	test("puts a whole file in the old one's place and nothing beside it", async () => {
		const path = join(folder, "a.safetensors");
		await writeFile(path, "old");
		await writeSafetensors(path, tensors, { step: "3" });
		expect(await readFile(path)).toEqual(Buffer.from(serializeSafetensors(tensors, { step: "3" })));
		expect(await readdir(folder)).toEqual(["a.safetensors"]);
	});

	test("leaves nothing behind where it fails", async () => {
		const taken = join(folder, "taken");
		await mkdir(taken);
		await expect(writeSafetensors(taken, tensors)).rejects.toThrow(FileError);
		await expect(writeSafetensors(join(taken, "\0"), tensors)).rejects.toThrow(FileError);
		expect(await readdir(folder)).toEqual(["taken"]);
	});

	test("touches no file where a tensor does not fit its dims", async () => {
		const path = join(folder, "a.safetensors");
		await writeFile(path, "old");
		await expect(writeSafetensors(path, { a: { ...tensors.a, dims: [5] } })).rejects.toThrow(ArgumentError);
		expect(await readFile(path, "utf8")).toBe("old");
		expect(await readdir(folder)).toEqual(["a.safetensors"]);
	});
});
