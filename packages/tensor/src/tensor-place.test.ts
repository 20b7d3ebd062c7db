import { mkdtemp, realpath, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import {
	CheckpointError,
	type CheckpointTensor,
	float32,
	float32ToFloat16,
	joinedTensor,
	rowsOf,
	scaledTensor,
	seenAs,
	storedParts,
	type Tensor,
	toFloat32,
	transposedTensor,
} from "./index.ts";
import { Checkpoint, fingerprint, PlaceReader, readTensor, writeSafetensors } from "./node.ts";

const folder = await realpath(await mkdtemp(join(tmpdir(), "drum-place-")));
afterAll(() => rm(folder, { recursive: true }));

const halves = (values: readonly number[], dims: readonly number[]): Tensor => ({
	type: "float16",
	dims,
	data: float32ToFloat16(Float32Array.from(values)),
});
const count = (length: number, from = 0) => Array.from({ length }, (_, i) => from + i);

const path = join(folder, "model.safetensors");
await writeSafetensors(path, {
	matrix: halves(count(6), [2, 3]),
	flipped: halves([0, 3, 1, 4, 2, 5], [3, 2]),
	upper: halves(count(4), [2, 2]),
	lower: halves(count(6, 4), [3, 2]),
	codes: { type: "float8_e4m3fn", dims: [2, 2], data: Uint8Array.of(0x38, 0x40, 0xb8, 0x30) },
	one: float32(Float32Array.of(0.1), [1]),
	two: float32(Float32Array.of(2, 3), [2, 1]),
	long: float32(Float32Array.from(count(8192)), [64, 128]),
	kernel: float32(Float32Array.from(count(8192)), [64, 128, 1, 1]),
	turned: float32(
		Float32Array.from(count(8192), (i) => (i % 64) * 128 + Math.floor(i / 64)),
		[128, 64],
	),
});
const file = await Checkpoint.open(path);
const at = (name: string) => file.get(name)!;
const valuesOf = async (place: CheckpointTensor) => {
	const tensor = (await readTensor({ get: () => place }, "it"))!;
	expect([tensor.type, tensor.dims]).toEqual([place.type, place.dims]);
	return [...toFloat32(tensor)];
};

test("a matrix stored the other way round is read as models see it", async () => {
	const place = transposedTensor(at("flipped"));
	expect(place.dims).toEqual([2, 3]);
	expect(await valuesOf(place)).toEqual(count(6));
	expect(() => transposedTensor(at("kernel"))).toThrow(TypeError);
});

test("tensors are joined along their rows, in any order", async () => {
	expect(await valuesOf(joinedTensor([at("upper"), at("lower")]))).toEqual(count(10));
	expect(await valuesOf(joinedTensor([at("lower"), at("upper")]))).toEqual([...count(6, 4), ...count(4)]);
	expect(() => joinedTensor([at("upper"), at("codes")])).toThrow(TypeError);
});

test("8-bit floats are multiplied by one factor, or each row by its own", async () => {
	expect(await valuesOf(scaledTensor(at("codes"), at("one")))).toEqual(
		[1, 2, -1, 0.5].map((x) => Math.fround(x * Math.fround(0.1))),
	);
	expect(await valuesOf(scaledTensor(at("codes"), at("two")))).toEqual([2, 4, -3, 1.5]);
	expect(() => scaledTensor(at("lower"), at("two"))).toThrow(TypeError);
});

test("rows of all that has rows are places of their own", async () => {
	expect(await valuesOf(rowsOf(at("lower"), 1, 2))).toEqual(count(4, 6));
	expect(await valuesOf(rowsOf(scaledTensor(at("codes"), at("two")), 1, 1))).toEqual([-3, 1.5]);
	const joined = joinedTensor([at("upper"), at("lower")]);
	for (const [from, rows] of [
		[0, 5],
		[1, 3],
		[3, 1],
		[0, 1],
	] as const)
		expect(await valuesOf(rowsOf(joined, from, rows))).toEqual(count(2 * rows, 2 * from));
	expect(rowsOf(joined, 3, 1)).toMatchObject({ file: { path }, dims: [1, 2] });
	expect(() => rowsOf(joined, 4, 2)).toThrow(TypeError);
	expect(() => rowsOf(transposedTensor(at("flipped")), 0, 1)).toThrow(TypeError);
});

test("another shape is of as many elements", () => {
	expect(seenAs(at("kernel"), [64, 128]).dims).toEqual([64, 128]);
	expect(() => seenAs(at("kernel"), [64, 129])).toThrow(TypeError);
});

test("any stretch of bytes is that of the whole", async () => {
	const swapped = joinedTensor([rowsOf(at("long"), 32, 32), rowsOf(at("long"), 0, 32)]);
	const places = [swapped, transposedTensor(at("turned")), scaledTensor(at("codes"), at("two"))];
	const reader = new PlaceReader();
	const wholes = await Promise.all(places.map((place) => reader.read("it", place)));
	await fc.assert(
		fc.asyncProperty(fc.nat(2), fc.nat(), fc.nat(), async (which, a, b) => {
			const place = places[which]!;
			const start = a % place.length;
			const length = b % (place.length - start);
			const bytes = await reader.read("it", place, start, length);
			expect(bytes).toEqual(wholes[which]!.slice(start, start + length));
		}),
		{ numRuns: 100 },
	);
	await reader.close();
});

test("the fingerprint is that of the tensor as models see it, however it is stored", async () => {
	const print = (place: CheckpointTensor) => fingerprint({ get: () => place }, ["w"], {});
	const plain = await print(at("long"));
	const { dims } = at("long");
	expect(await print(transposedTensor(at("turned")))).toBe(plain);
	expect(await print(seenAs(at("kernel"), dims))).toBe(plain);
	expect(await print(joinedTensor([rowsOf(at("long"), 0, 5), rowsOf(at("long"), 5, 59)]))).toBe(plain);
	expect(await print(joinedTensor([rowsOf(at("long"), 5, 59), rowsOf(at("long"), 0, 5)]))).not.toBe(plain);
	expect(await print(at("turned"))).not.toBe(plain);
});

test("all stored tensors behind one are known", () => {
	const names = ["codes", "two", "codes", "one"];
	const joined = joinedTensor([scaledTensor(at("codes"), at("two")), scaledTensor(at("codes"), at("one"))]);
	expect(storedParts(joined)).toEqual(names.map(at));
	expect(storedParts(transposedTensor(at("flipped")))).toEqual([at("flipped")]);
});

test("a file that was cut short since is refused, by the tensor's name", async () => {
	const short = join(folder, "short.safetensors");
	await writeSafetensors(short, { w: halves(count(6), [2, 3]) });
	const cut = await Checkpoint.open(short);
	await truncate(short, cut.get("w")!.offset + 4);
	const reading = readTensor({ get: () => transposedTensor(cut.get("w")!) }, "w");
	await expect(reading).rejects.toThrow(CheckpointError);
	await expect(reading).rejects.toThrow(/tensor w: expected 12 bytes, found the end after 4/);
	expect(await readTensor(cut, "absent")).toBeUndefined();
});
