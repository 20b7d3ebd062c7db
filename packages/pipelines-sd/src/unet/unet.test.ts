import { timestepEmbedding } from "@drum/diffusion";
import { Graph, Session, Weights } from "@drum/graph";
import { UNet2DCondition } from "@drum/pipelines-sd";
import { float32 } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { parseUNetConfig } from "./config.ts";
import { expectClose, filesOf, goldenNumbers, largestTolerance, rowsOf } from "./testing/fixtures.ts";
import { unet2DConditionModel } from "./unet.ts";

// Oracle: diffusers' UNet2DConditionModel on the same tiny checkpoints (tooling/golden/unet.py).

const FOLDERS = { sd1: "sd1/unet", sd2: "sd2/unet", variant: "unet-variant" } as const;
const { names, read: number } = await goldenNumbers();

describe.each(Object.entries(FOLDERS))("the UNet of %s", (kind, folder) => {
	test("predicts the same as diffusers, for every size and timestep", async () => {
		await using unet = await UNet2DCondition.load(await filesOf(folder));
		const encoderHiddenStates = await number(`${kind}.encoder_hidden_states`);
		for (const name of names.filter((each) => each.startsWith(`${kind}.`) && each.endsWith(".output"))) {
			const [, size, timestep] = name.split(".");
			const sample = await number(`${kind}.${size}.sample`);
			const conditions = rowsOf(encoderHiddenStates, 0, sample.dims[0]!);
			const predicted = await unet.predict({ sample, timestep: Number(timestep), encoderHiddenStates: conditions });
			expectClose(predicted, await number(name), name);
		}
	});

	test("gives the same as diffusers after every block", async () => {
		const { config: json, checkpoint, name } = await filesOf(folder);
		const config = parseUNetConfig(json, name);
		const graph = new Graph({ name });
		const [sample, condition] = [await number(`${kind}.wide.sample`), await number(`${kind}.encoder_hidden_states`)];
		const { parts } = unet2DConditionModel(new Weights(graph, checkpoint), config, {
			sample: graph.input("sample", "float32", ["batch", ...sample.dims.slice(1)]),
			timestep: graph.input("timestep", "float32", [1, config.block_out_channels[0]!]),
			encoderHiddenStates: graph.input("condition", "float32", ["batch", ...condition.dims.slice(1)]),
		});
		await using session = await Session.create(graph.build(parts));
		const width = config.block_out_channels[0]!;
		const timestep = float32(timestepEmbedding(500, width, config), [1, width]);
		const found = await session.run({ sample, timestep, condition });
		for (const part of Object.keys(parts)) {
			const expected = await number(`${kind}.wide.${part}`);
			// We use one timestep for the batch, and diffusers repeats it.
			const rows = part === "time_embedding" ? 1 : expected.dims[0]!;
			const some = rowsOf(expected, 0, rows);
			expectClose(found[part]!, some, part, largestTolerance(some));
		}
	});
});

test.each(Object.entries(FOLDERS))(
	"two conditions of each picture of %s are predicted like separate pictures",
	async (kind, folder) => {
		await using unet = await UNet2DCondition.load(await filesOf(folder));
		const { data, dims } = await number(`${kind}.wide.sample`);
		const one = data.subarray(0, data.length / 2);
		const [sample, twice] = [float32(one, [1, ...dims.slice(1)]), float32(Float32Array.of(...one, ...one), dims)];
		const feeds = { timestep: 500, encoderHiddenStates: await number(`${kind}.encoder_hidden_states`) };
		expectClose(await unet.predict({ ...feeds, sample }), await unet.predict({ ...feeds, sample: twice }), kind);
	},
);

describe("a shape that the network cannot take", () => {
	test.each([
		["other channels", { sample: [1, 3, 8, 8], condition: [1, 77, 32] }, /sample.*\[any, 4, any, any\]/],
		["a condition of another width", { sample: [1, 4, 8, 8], condition: [1, 77, 48] }, /encoderHiddenStates.*32/],
		["a condition for another batch", { sample: [2, 4, 8, 8], condition: [1, 77, 32] }, /encoderHiddenStates/],
		["no pictures", { sample: [0, 4, 8, 8], condition: [0, 77, 32] }, /sample/],
	])("%s", async (_, { sample, condition }, message) => {
		await using unet = await UNet2DCondition.load(await filesOf("sd1/unet"));
		const zeros = (dims: number[]) => float32(new Float32Array(dims.reduce((a, b) => a * b, 1)), dims);
		const feeds = { sample: zeros(sample), timestep: 1, encoderHiddenStates: zeros(condition) };
		await expect(unet.predict(feeds)).rejects.toThrow(message);
		await expect(unet.predict(feeds)).rejects.toMatchObject({ code: "argument" });
	});
});

describe("a configuration that this UNet does not support", () => {
	test.each([
		["addition_embed_type", "text_image"],
		["mid_block_type", "UNetMidBlock3D"],
		["down_block_types", ["SkipDownBlock2D", "DownBlock2D"]],
		["up_block_types", ["UpBlock2D"]],
		["resnet_time_scale_shift", "ada_group"],
		["act_fn", "relu6"],
		["block_out_channels", [16, 33]],
		["block_out_channels", undefined],
		["block_out_channels", [1e12, 32]],
		["layers_per_block", -1],
		["attention_head_dim", 17],
		["attention_head_dim", [8, 8, 8]],
		["norm_num_groups", 0],
		["norm_eps", "small"],
		["cross_attention_dim", null],
		["num_class_embeds", 10],
		["downsample_padding", 3],
		["time_cond_proj_dim", 2],
	])("%s: %j", async (field, value) => {
		const { config, ...rest } = await filesOf("sd1/unet");
		const loading = UNet2DCondition.load({ ...rest, config: { ...config, [field]: value } });
		await expect(loading).rejects.toMatchObject({ code: "checkpoint" });
		await expect(loading).rejects.toThrow(
			field === "block_out_channels" ? /block_out_channels|norm_num_groups/ : field,
		);
	});

	test("is refused for weights that do not fit it", async () => {
		const { config } = await filesOf("sd1/unet");
		const { checkpoint } = await filesOf("sd2/unet");
		const loading = UNet2DCondition.load({ name: "mixed", config, checkpoint });
		await expect(loading).rejects.toThrow(/weight .* of .*expected \[.*found \[/);
	});

	test("gives a warning for weights that it does not mention", async () => {
		const { config, checkpoint, name } = await filesOf("sd1/unet");
		const more = {
			name,
			get: (tensor: string) => checkpoint.get(tensor === "class_embedding.weight" ? "conv_in.weight" : tensor),
			names: () => [...checkpoint.names(), "class_embedding.weight"],
		};
		const { warnings } = await UNet2DCondition.load({ name, config, checkpoint: more });
		const message = expect.stringMatching(/^1 tensor was not used.*: class_embedding\.weight\. /);
		expect(warnings).toEqual([{ code: "weights-unused", what: "weights of sd1/unet", message }]);
		expect((await UNet2DCondition.load(await filesOf("sd1/unet"))).warnings).toEqual([]);
	});
});

test("a cancelled prediction throws the signal's reason", async () => {
	await using unet = await UNet2DCondition.load(await filesOf("sd1/unet"));
	const feeds = {
		sample: float32(new Float32Array(256), [1, 4, 8, 8]),
		timestep: 1,
		encoderHiddenStates: float32(new Float32Array(77 * 32), [1, 77, 32]),
	};
	const reason = new Error("enough");
	await expect(unet.predict(feeds, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
