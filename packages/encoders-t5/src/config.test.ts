import { CheckpointError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { parseT5Config } from "./index.ts";
import { jsonOf } from "./testing/files.ts";

describe("parseT5Config", () => {
	const reference = jsonOf("T5/config.json", "reference");

	test("reads transformers' files, and fills in missing fields", () => {
		expect(parseT5Config(reference, "config.json")).toMatchObject({ d_model: 64, d_kv: 8, num_layers: 2 });
		const { relative_attention_num_buckets, relative_attention_max_distance, layer_norm_epsilon, ...rest } = reference;
		expect(parseT5Config(rest, "config.json")).toMatchObject({
			relative_attention_num_buckets,
			relative_attention_max_distance,
			layer_norm_epsilon,
		});
	});

	test.each<[string, object, RegExp]>([
		[
			"an unknown activation",
			{ feed_forward_proj: "gated-sine" },
			/feed_forward_proj of T5.*gated-gelu.*found "gated-sine"/,
		],
		["two gates", { feed_forward_proj: "gated-gated-relu" }, /feed_forward_proj of T5/],
		["an activation other than the one named", { dense_act_fn: "silu" }, /dense_act_fn of T5.*found "silu"/],
		["no gate where one is named", { is_gated_act: false }, /is_gated_act of T5.*found false/],
		["another model", { model_type: "umt5" }, /model_type of T5.*found "umt5"/],
		["no width", { d_model: undefined }, /d_model of T5/],
		["a width of text", { d_model: "64" }, /d_model of T5.*found "64"/],
		["buckets that do not halve", { relative_attention_num_buckets: 30 }, /relative_attention_num_buckets of T5/],
		["a distance within the exact buckets", { relative_attention_max_distance: 8 }, /max_distance of T5.*more than a/],
	])("refuses %s, and names the field", (_, change, message) => {
		const parse = () => parseT5Config({ ...reference, ...change }, "T5");
		expect(parse).toThrow(CheckpointError);
		expect(parse).toThrow(message);
	});

	// As transformers' T5Config reads it.
	test.each<[string | undefined, string, boolean]>([
		["gated-gelu", "gelu_new", true],
		["gated-relu", "relu", true],
		["gated-silu", "silu", true],
		["gelu", "gelu", false],
		["gelu_new", "gelu_new", false],
		["relu", "relu", false],
		[undefined, "relu", false],
	])("reads a feed-forward of %s", (feed_forward_proj, dense_act_fn, is_gated_act) => {
		const given = { ...reference, dense_act_fn: undefined, is_gated_act: undefined, feed_forward_proj };
		expect(parseT5Config(given, "T5")).toMatchObject({ dense_act_fn, is_gated_act });
	});

	test("refuses a file that is not a configuration", () => {
		expect(() => parseT5Config(null, "T5")).toThrow(/the whole of T5.*found null/);
	});
});
