import { copyFile, mkdir, mkdtemp, realpath, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ArgumentError, CheckpointError, FileError, float32, serializeSafetensors } from "./index.ts";
import { Checkpoint, SafetensorsFile } from "./node.ts";

let folder: string;

beforeEach(async () => {
	folder = await realpath(await mkdtemp(join(tmpdir(), "drum-tensor-")));
});
afterEach(() => rm(folder, { recursive: true }));

const [a, b] = [float32(Float32Array.of(1, 2), [2]), float32(Float32Array.of(3), [1])];
const at = (name: string) => join(folder, name);

async function writeShards(weightMap: unknown = { a: "one.safetensors", b: "two.safetensors" }): Promise<string> {
	await writeFile(at("one.safetensors"), serializeSafetensors({ a }, { format: "pt" }));
	await writeFile(at("two.safetensors"), serializeSafetensors({ b }));
	const index = at("model.safetensors.index.json");
	await writeFile(index, JSON.stringify({ metadata: { total_size: 12, kind: "x" }, weight_map: weightMap }));
	return index;
}

describe("a checkpoint", () => {
	test("is one file's tensors, with where each lies", async () => {
		await writeShards();
		const checkpoint = await Checkpoint.open(at("one.safetensors"));
		expect(checkpoint.name).toBe(at("one.safetensors"));
		expect([...checkpoint.names()]).toEqual(["a"]);
		expect(checkpoint.metadata).toEqual({ format: "pt" });
		expect(await checkpoint.read("a")).toEqual(a);
		const { size } = await stat(at("one.safetensors"));
		expect(checkpoint.get("a")).toMatchObject({
			file: { path: at("one.safetensors"), size },
			type: "float32",
			dims: [2],
			offset: size - 8,
			length: 8,
		});
		expect(checkpoint.get("b")).toBeUndefined();
	});

	test("is all shards of an index", async () => {
		const checkpoint = await Checkpoint.open(await writeShards());
		expect([...checkpoint.names()]).toEqual(["a", "b"]);
		expect([await checkpoint.read("a"), await checkpoint.read("b")]).toEqual([a, b]);
		expect(checkpoint.get("b")?.file.path).toBe(at("two.safetensors"));
		expect(checkpoint.metadata).toEqual({ total_size: "12", kind: "x" });
	});

	test("may be linked file by file, as the hub's cache is, and gives real paths", async () => {
		await writeShards();
		const [snapshot, blobs] = [at("models--a--b/snapshots/0"), at("models--a--b/blobs")];
		for (const place of [snapshot, blobs]) await mkdir(place, { recursive: true });
		for (const name of ["one.safetensors", "two.safetensors", "model.safetensors.index.json"]) {
			await copyFile(at(name), join(blobs, name));
			await symlink(join("../../blobs", name), join(snapshot, name));
		}
		const checkpoint = await Checkpoint.open(join(snapshot, "model.safetensors.index.json"));
		expect(checkpoint.get("a")?.file.path).toBe(join(blobs, "one.safetensors"));
		expect(await checkpoint.read("b")).toEqual(b);
	});

	test.each([
		"../one.safetensors",
		"x/../../one.safetensors",
		"..\\one.safetensors",
		"/etc/passwd",
		"C:\\one.safetensors",
		"",
		"one\0",
		7,
	])("does not follow its index to %j", async (shard) => {
		const opening = Checkpoint.open(await writeShards({ a: shard }));
		await expect(opening).rejects.toThrow(CheckpointError);
		await expect(opening).rejects.toThrow(/tensor a: expected a file in the index's folder/);
	});

	test("lacks no listed tensor: the error names it and its shard", async () => {
		const opening = Checkpoint.open(await writeShards({ a: "two.safetensors" }));
		await expect(opening).rejects.toThrow(CheckpointError);
		await expect(opening).rejects.toThrow(/tensor a: expected it in two\.safetensors/);
	});

	test("lacks no shard", async () => {
		const opening = Checkpoint.open(await writeShards({ a: "three.safetensors" }));
		await expect(opening).rejects.toThrow(FileError);
		await expect(opening).rejects.toThrow(/three\.safetensors/);
	});

	test.each([
		["no JSON", "{", /expected JSON/],
		["no weight_map", "{}", /an object with a weight_map/],
		["a tensor twice", '{"weight_map":{"a":"x","a":"y"}}', /the key "a" twice/],
		["metadata that is no object", '{"metadata":1,"weight_map":{}}', /metadata: expected an object/],
	])("is refused with an index of %s", async (_, text, message) => {
		const index = at("model.safetensors.index.json");
		await writeFile(index, text);
		await expect(Checkpoint.open(index)).rejects.toThrow(CheckpointError);
		await expect(Checkpoint.open(index)).rejects.toThrow(message);
	});

	test("that is not there, or is a folder, is a file error", async () => {
		for (const path of [at("none.safetensors"), at("none.safetensors.index.json"), folder])
			await expect(Checkpoint.open(path), path).rejects.toThrow(FileError);
	});

	test("knows no other tensors", async () => {
		const checkpoint = await Checkpoint.open(await writeShards());
		await expect(checkpoint.read("c")).rejects.toThrow(ArgumentError);
		const file = await SafetensorsFile.open(at("one.safetensors"));
		await expect(file.read("c")).rejects.toThrow(ArgumentError);
	});

	test("cut short is refused when opened, and when read if it is cut after", async () => {
		await writeShards();
		const file = await SafetensorsFile.open(at("one.safetensors"));
		await truncate(at("one.safetensors"), file.tensors.get("a")!.offset + 4);
		await expect(file.read("a")).rejects.toThrow(/tensor a: expected 8 bytes, found the end after 4/);
		await expect(SafetensorsFile.open(at("one.safetensors"))).rejects.toThrow(CheckpointError);
		await truncate(at("one.safetensors"), 3);
		await expect(SafetensorsFile.open(at("one.safetensors"))).rejects.toThrow(/at least 8 bytes, found 3/);
	});
});
