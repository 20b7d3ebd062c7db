import { CheckpointError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { parseQwen3Config } from "./index.ts";
import { jsonOf } from "./testing/files.ts";

describe("parseQwen3Config", () => {
	const saved = jsonOf("model/config.json");

	test("reads transformers 5's files, and Qwen's own", () => {
		const expected = {
			hidden_size: 32,
			head_dim: 16,
			num_key_value_heads: 2,
			rope_theta: 1e6,
			tie_word_embeddings: true,
		};
		expect(parseQwen3Config(saved, "config.json")).toMatchObject(expected);
		const { rope_parameters: _, layer_types: __, ...older } = saved;
		const own = { ...older, rope_theta: 1e6, rope_scaling: null, sliding_window: null, use_sliding_window: false };
		expect(parseQwen3Config(own, "config.json")).toMatchObject(expected);
	});

	test("has as many keys as heads, if a file has no number of keys", () => {
		expect(parseQwen3Config({ ...saved, num_key_value_heads: null }, "config.json").num_key_value_heads).toBe(4);
	});

	test.each<[string, object, RegExp]>([
		["another model", { model_type: "qwen2" }, /model_type of Qwen3.*found "qwen2"/],
		["no width", { hidden_size: undefined }, /hidden_size of Qwen3/],
		[
			"keys that heads cannot share",
			{ num_key_value_heads: 3 },
			/num_key_value_heads of Qwen3.*a divisor of num_attention_heads/,
		],
		["heads of an odd width", { head_dim: 15 }, /head_dim of Qwen3.*found 15/],
		[
			"positions scaled for long texts",
			{ rope_parameters: { rope_type: "yarn" } },
			/rope_parameters\.rope_type of Qwen3.*found "yarn"/,
		],
		["the same in an older file", { rope_scaling: { type: "yarn" } }, /rope_scaling\.type of Qwen3/],
		["sliding attention", { use_sliding_window: true }, /use_sliding_window of Qwen3.*all tokens before, found true/],
		["some layers' sliding attention", { layer_types: ["sliding_attention"] }, /layer_types\.0 of Qwen3/],
		["an unknown activation", { hidden_act: "sine" }, /hidden_act of Qwen3.*found "sine"/],
	])("refuses %s, and names the field", (_, change, message) => {
		const parse = () => parseQwen3Config({ ...saved, ...change }, "Qwen3");
		expect(parse).toThrow(CheckpointError);
		expect(parse).toThrow(message);
	});
});
