import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CheckpointError, float32, parseSafetensors, type Tensor, toFloat32 } from "@drum/tensor";
import { Checkpoint, readTensor, readWholeFile, writeSafetensors } from "@drum/tensor/node";
import { afterAll, describe, expect, test } from "vitest";
import { bflFlux, renamed, scaled } from "../index.ts";

const folder = await realpath(await mkdtemp(join(tmpdir(), "drum-scaled-")));
afterAll(() => rm(folder, { recursive: true }));

// Oracle of what the codes are in float32: PyTorch, by tooling/golden/float8.py.
const golden = new URL("../../../tensor/src/fixtures/float8.safetensors", import.meta.url).pathname;
const { tensors: float8 } = parseSafetensors(await readWholeFile(golden), "float8.safetensors");

/** Codes of either type, from the 32nd on, which are finite. */
const codes = (type: "float8_e4m3fn" | "float8_e5m2", dims: readonly [number, number]): Tensor => ({
	type,
	dims,
	data: (float8.get(type)!.data as Uint8Array).slice(32, 32 + dims[0] * dims[1]),
});
const numbers = (type: "float8_e4m3fn" | "float8_e5m2") =>
	(float8.get(`${type}.float32`)!.data as Float32Array).slice(32, 96);

async function open(tensors: Record<string, Tensor>) {
	const path = join(folder, "file.safetensors");
	await writeSafetensors(path, tensors);
	return Checkpoint.open(path);
}

const values = async (...[source, name]: Parameters<typeof readTensor>) =>
	toFloat32((await readTensor(source, name)) as Tensor);
const one = (factor: number, dims: readonly number[] = []) => float32(Float32Array.of(factor), dims);
const MARKER = { type: "float8_e4m3fn", dims: [0], data: new Uint8Array() } as const;

describe("8-bit weights", () => {
	test.each(["float8_e4m3fn", "float8_e5m2"] as const)("of %s are multiplied by their factors", async (type) => {
		const file = scaled(
			await open({
				scaled_fp8: MARKER,
				"block.q.weight": codes(type, [8, 8]),
				"block.q.scale_weight": one(0.25),
				"block.q.scale_input": one(3),
				"block.q.bias": one(7, [1]),
				"block.k.weight": codes(type, [8, 8]),
				"block.k.weight_scale": float32(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [8, 1]),
				"block.k.input_scale": one(3),
				"block.k.comfy_quant": { type: "uint8", dims: [2], data: Uint8Array.of(123, 125) },
			}),
		);
		expect([...file.names()].sort()).toEqual(["block.k.weight", "block.q.bias", "block.q.weight"]);
		expect(await values(file, "block.q.weight")).toEqual(numbers(type).map((value) => value * 0.25));
		const rows = numbers(type).map((value, i) => value * (1 + Math.floor(i / 8)));
		expect(await values(file, "block.k.weight")).toEqual(rows);
		expect(await values(file, "block.q.bias")).toEqual(Float32Array.of(7));
	});

	test("are separated with their factors if a file joins several", async () => {
		const factors = Float32Array.of(1, 2, 3, 4, 5, 6);
		const source = await open({
			"double_blocks.0.img_attn.qkv.weight": codes("float8_e4m3fn", [6, 8]),
			"double_blocks.0.img_attn.qkv.scale_weight": float32(factors, [6]),
			"final_layer.adaLN_modulation.1.weight": codes("float8_e4m3fn", [8, 8]),
			"final_layer.adaLN_modulation.1.scale_weight": one(0.5, [1]),
		});
		const table = bflFlux({ num_layers: 1, num_single_layers: 0 });
		const model = renamed(scaled(source), { name: "flux", prefix: "", table });
		const expected = numbers("float8_e4m3fn");
		expect(await values(model, "transformer_blocks.0.attn.to_k.weight")).toEqual(
			expected.slice(16, 32).map((value, i) => value * factors[2 + Math.floor(i / 8)]!),
		);
		const half = expected.map((value) => value / 2);
		expect(await values(model, "norm_out.linear.weight")).toEqual(
			Float32Array.of(...half.slice(32), ...half.slice(0, 32)),
		);
	});
});

test("a file without factors stays as it is, and integers are not multiplied", async () => {
	const file = await open({
		"q.weight": codes("float8_e4m3fn", [8, 8]),
		"k.weight": { type: "int8", dims: [1], data: Int8Array.of(5) },
		"k.weight_scale": one(2),
		"v.scale_weight": one(2),
	});
	const seen = scaled(file);
	expect([...seen.names()].sort()).toEqual(["k.weight", "q.weight"]);
	expect(seen.get("q.weight")).toEqual(file.get("q.weight"));
	expect(seen.get("k.weight")).toEqual(file.get("k.weight"));
});

test.each<[string, Tensor]>([
	["of other rows", float32(new Float32Array(3), [3])],
	["of whole numbers", { type: "int32", dims: [1], data: Int32Array.of(1) }],
	["of none", float32(new Float32Array(), [0])],
])("factors %s are refused by name", async (_, factor) => {
	const file = await open({ "q.weight": codes("float8_e5m2", [8, 8]), "q.scale_weight": factor });
	expect(() => scaled(file)).toThrow(CheckpointError);
	expect(() => scaled(file)).toThrow(/q\.scale_weight of .*expected one number, or 8, one for each row/);
});
