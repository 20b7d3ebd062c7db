import { CheckpointError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { parseT5Config } from "./index.ts";
import { jsonOf } from "./testing/files.ts";

describe("parseT5Config", () => {
	const reference = jsonOf("T5/config.json", "reference");

	test("reads what transformers writes, and fills in what it leaves out", () => {
		expect(parseT5Config(reference, "config.json")).toMatchObject({ d_model: 64, d_kv: 8, num_layers: 2 });
		const { relative_attention_num_buckets, relative_attention_max_distance, layer_norm_epsilon, ...rest } = reference;
		expect(parseT5Config(rest, "config.json")).toMatchObject({
			relative_attention_num_buckets,
			relative_attention_max_distance,
			layer_norm_epsilon,
		});
	});

	test.each<[string, object, RegExp]>([
		["the first T5", { feed_forward_proj: "relu" }, /feed_forward_proj of T5.*gated-gelu.*found "relu"/],
		["no kind of feed-forward", { feed_forward_proj: undefined }, /feed_forward_proj of T5.*found nothing/],
		["another activation", { dense_act_fn: "silu" }, /dense_act_fn of T5.*gelu_new.*found "silu"/],
		["no gate", { is_gated_act: false }, /is_gated_act of T5.*found false/],
		["another model", { model_type: "umt5" }, /model_type of T5.*found "umt5"/],
		["no width", { d_model: undefined }, /d_model of T5/],
		["a width of text", { d_model: "64" }, /d_model of T5.*found "64"/],
		["buckets that do not halve", { relative_attention_num_buckets: 30 }, /relative_attention_num_buckets of T5/],
		["a distance within the exact buckets", { relative_attention_max_distance: 8 }, /max_distance of T5.*more than a/],
	])("names what it does not take: %s", (_, change, message) => {
		const parse = () => parseT5Config({ ...reference, ...change }, "T5");
		expect(parse).toThrow(CheckpointError);
		expect(parse).toThrow(message);
	});

	test("names a configuration that is none", () => {
		expect(() => parseT5Config(null, "T5")).toThrow(/the whole of T5.*found null/);
	});
});
