import { readFileSync } from "node:fs";
import { expandNames } from "@drum/test-weights";
import { describe, expect, test } from "vitest";
import {
	bflFlux,
	builtInConfigs,
	type FluxLayout,
	type MMDiTLayout,
	type ModelKind,
	mmdit,
	placeInFile,
	weightsInTensor,
} from "../index.ts";

// Oracle: diffusers' converters, over numbered rows of tensors of the published sizes, by tooling/golden/single_file_transformers.py.

/** Weight, tensor of the file, and the rows of it: from, to, and of how many. */
type Row = [weight: string, tensor: string, ranges: [number, number, number][]];
const path = new URL("../../../../test/golden/fixtures/single-file-names.json", import.meta.url);
const golden: Record<string, Row[]> = JSON.parse(readFileSync(path, "utf8"));

const shares = (ranges: readonly (readonly [number, number, number])[] = []) =>
	ranges.map(([from, to, of]) => [from / of, to / of]);

describe.each(Object.entries(golden))("%s", (kind, listed) => {
	const config = builtInConfigs(kind as ModelKind)!["transformer/config.json"] as unknown;
	const table = kind.startsWith("flux") ? bflFlux(config as FluxLayout) : mmdit(config as MMDiTLayout);
	const rows = listed.flatMap(([weight, tensor, ranges]) => {
		const tensors = expandNames([[tensor, []]]);
		return expandNames([[weight, []]]).map(([name], i): Row => [name, tensors[i]![0], ranges]);
	});

	test("has each weight in the place from which diffusers reads it", () => {
		for (const [weight, tensor, ranges] of rows) {
			const place = placeInFile(table, weight);
			expect([place?.name, shares(place?.rows)], weight).toEqual([tensor, shares(ranges)]);
		}
	});

	test("has weights of the model in each tensor", () => {
		const inTensors = new Set(rows.map(([, tensor]) => tensor));
		const found = [...inTensors].flatMap((tensor) => weightsInTensor(table, tensor).map(({ name }) => name));
		expect(found.sort()).toEqual(rows.map(([weight]) => weight).sort());
	});
});

test("modules have names without endings such as .weight, as LoRAs need them", () => {
	const table = bflFlux({ num_layers: 1, num_single_layers: 1 });
	expect(placeInFile(table, "single_transformer_blocks.0.proj_mlp.")).toEqual({
		name: "single_blocks.0.linear1.",
		rows: [[3, 7, 7]],
	});
	expect(weightsInTensor(table, "double_blocks.0.img_attn.qkv.").map(({ name }) => name)).toEqual([
		"transformer_blocks.0.attn.to_q.",
		"transformer_blocks.0.attn.to_k.",
		"transformer_blocks.0.attn.to_v.",
	]);
	expect(placeInFile(table, "transformer_blocks.1.attn.to_q.weight")).toBeUndefined();
});
