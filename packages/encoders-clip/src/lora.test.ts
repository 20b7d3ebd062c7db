import { join } from "node:path";
import { type LoraLayers, loraPrint } from "@drum/graph";
import { float32, sizeOf } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { afterAll, expect, test } from "vitest";
import { encoderOf, writing } from "./testing/checkpoints.ts";

const { folder } = await writing();
const [WIDTH, RANK] = [32, 2];
const spread = (dims: number[], shift: number) =>
	float32(
		Float32Array.from({ length: sizeOf(dims) }, (_, i) => 0.3 * Math.sin(12.9898 * (i + 1) + shift)),
		dims,
	);
const path = join(folder, "lora.safetensors");
await writeSafetensors(path, { down: spread([RANK, WIDTH], 1), up: spread([WIDTH, RANK], 2) });
const file = await Checkpoint.open(path);
const projected = await encoderOf("projected");
afterAll(() => projected.release());

const IDS = {
	type: "int64" as const,
	dims: [1, 77],
	data: BigInt64Array.from({ length: 77 }, (_, i) => BigInt((i * 7) % 40)),
};

const layersAt = (layer: string, fingerprint = layer): LoraLayers => {
	const module = { kind: "low-rank", path: layer, scale: 1, down: file.get("down")!, up: file.get("up")! } as const;
	return { name: "style", modules: [module], fingerprint };
};
const QUERY = "text_model.encoder.layers.0.self_attn.q_proj";

test("features are the class row, normed and projected, also if a LoRA changes the projection", async () => {
	const plain = await projected.encode(IDS);
	const under = projected.withLoras([{ layers: layersAt("text_projection"), scale: 0.7 }], loraPrint);
	const { hidden, classRows, features } = await under.encode(IDS);
	expect(hidden).toEqual(plain.hidden);
	expect(features).not.toEqual(plain.features);
	const [row] = classRows!;
	const raw = float32(hidden[-1]!.data.slice(row! * WIDTH, (row! + 1) * WIDTH), [1, WIDTH]);
	const found = await under.project(await under.normalize(raw));
	expect(found.dims).toEqual(features!.dims);
	for (const [i, value] of features!.data.entries()) expect(found.data[i]).toBeCloseTo(value, 5);
});

test("the encoder with and without LoRAs serves simultaneous calls", async () => {
	const under = (scale: number) => projected.withLoras([{ layers: layersAt(QUERY), scale }], loraPrint);
	const encoders = [projected, under(1), under(0.2), projected, under(1)];
	const alone = [];
	for (const encoder of encoders) alone.push(await encoder.encode(IDS));
	expect(alone[1]).not.toEqual(alone[0]);
	expect(alone[2]).not.toEqual(alone[1]);
	expect(await Promise.all(encoders.map((encoder) => encoder.encode(IDS)))).toEqual(alone);
	await under(1).release();
	expect(await under(1).encode(IDS)).toEqual(alone[1]);
});

test("the fingerprint depends on the LoRAs with an effect, and on their scales", () => {
	const [a, b] = [layersAt(QUERY, "a"), layersAt(QUERY, "b")];
	const print = (...loras: [LoraLayers, number][]) =>
		projected.withLoras(
			loras.map(([layers, scale]) => ({ layers, scale })),
			loraPrint,
		).fingerprint;
	const prints = [print([a, 1]), print([a, 0.5]), print([b, 1]), print([a, 1], [b, 1]), projected.fingerprint];
	expect(new Set(prints).size).toBe(5);
	for (const each of prints) expect(each.startsWith(projected.fingerprint)).toBe(true);
	expect(print([a, 0])).toBe(projected.fingerprint);
	expect(print([b, 0], [a, 1])).toBe(print([a, 1]));
	// The order of sums does not matter, that of products with magnitudes does.
	expect(print([b, 1], [a, 1])).toBe(print([a, 1], [b, 1]));
	const magnitude = { ...a, modules: a.modules.map((module) => ({ ...module, magnitude: file.get("up")! })) };
	expect(print([b, 1], [magnitude, 1])).not.toBe(print([magnitude, 1], [b, 1]));
});

test("an unknown layer is reported, and a factor that does not fit is refused", async () => {
	expect(await projected.checkLora(layersAt(QUERY))).toEqual([]);
	expect(await projected.checkLora(layersAt("text_model.encoder.layers.9.self_attn.q_proj"))).toHaveLength(1);
	const unfit = projected.checkLora(layersAt("text_model.encoder.layers.0.mlp.fc2"));
	await expect(unfit).rejects.toThrow(/fc2\.down of LoRA style/);
});
