import { fileURLToPath } from "node:url";
import { Session } from "@drum/graph";
import { type Feedback, UNet2DCondition } from "@drum/pipelines-sd";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { describe, expect, test, vi } from "vitest";
import { expectClose, filesOf, rowsOf } from "./testing/fixtures.ts";

// Oracle: diffusers' community pipeline FABRIC on the tiny checkpoints (tooling/golden/fabric.py).

const file = fileURLToPath(new URL("../../../../test/golden/fixtures/fabric.safetensors", import.meta.url));
const numbers = await Checkpoint.open(file);
const KINDS = ["sd1", "sd2"] as const;
type Kind = (typeof KINDS)[number];

async function given(kind: Kind) {
	const read = (name: string) => numbers.read(`unet.${kind}.${name}`) as Promise<Tensor<"float32">>;
	const weights = (await read("weights")).data;
	const feedback = {
		liked: await read("liked"),
		disliked: await read("disliked"),
		encoderHiddenStates: await read("null"),
		weights: Array.from({ length: weights.length / 2 }, (_, i) => ({
			liked: weights[2 * i]!,
			disliked: weights[2 * i + 1]!,
		})),
	} satisfies Feedback;
	const feeds = { sample: await read("sample"), timestep: 300, encoderHiddenStates: await read("conditions") };
	return {
		feeds,
		feedback,
		output: await read("output"),
		unet: await UNet2DCondition.load(await filesOf(`${kind}/unet`)),
	};
}

/** The half with the negative conditions, and the half with the prompts'. */
const halves = (predicted: Tensor<"float32">) => [rowsOf(predicted, 0, 2), rowsOf(predicted, 2, 4)] as const;
const weighing = (liked: number, disliked: number) => Array.from({ length: 3 }, () => ({ liked, disliked }));

describe.each(KINDS)("the UNet of %s", (kind) => {
	test("predicts the same as FABRIC's pipeline, with different weights for each depth", async () => {
		const { unet, feeds, feedback, output } = await given(kind);
		await using _ = unet;
		expectClose(await unet.predictWithFeedback(feeds, feedback), output, kind);
		const plain = await unet.predict(feeds);
		expect(plain.data.some((value, i) => Math.abs(value - output.data[i]!) > 0.01)).toBe(true);
	});

	test("predicts the same with weights of 0 as without feedback", async () => {
		const { unet, feeds, feedback } = await given(kind);
		await using _ = unet;
		const predicted = await unet.predictWithFeedback(feeds, { ...feedback, weights: weighing(0, 0) });
		expectClose(predicted, await unet.predict(feeds), kind);
	});

	test("attends to liked pictures only with the prompt, and to disliked ones only with the negative condition", async () => {
		const { unet, feeds, feedback } = await given(kind);
		await using _ = unet;
		const [plainNegative, plainPositive] = halves(await unet.predict(feeds));
		const [negative, positive] = halves(await unet.predictWithFeedback(feeds, feedback));
		const liked = halves(await unet.predictWithFeedback(feeds, { ...feedback, disliked: undefined }));
		expectClose(liked[0], plainNegative, "negative");
		expectClose(liked[1], positive, "positive");
		const disliked = halves(await unet.predictWithFeedback(feeds, { ...feedback, liked: undefined }));
		expectClose(disliked[0], negative, "negative");
		expectClose(disliked[1], plainPositive, "positive");
	});
});

test("a picture that is liked twice counts like one with twice the weight", async () => {
	const { unet, feeds, feedback } = await given("sd1");
	await using _ = unet;
	const [one, disliked] = [rowsOf(feedback.liked, 0, 1), undefined];
	const twice = float32(Float32Array.of(...one.data, ...one.data), [2, ...one.dims.slice(1)]);
	expectClose(
		await unet.predictWithFeedback(feeds, { ...feedback, disliked, liked: twice, weights: weighing(0.3, 0) }),
		await unet.predictWithFeedback(feeds, { ...feedback, disliked, liked: one, weights: weighing(0.6, 0) }),
		"twice",
	);
});

test("only one of the two graphs is in memory at a time, for any number of pictures", async () => {
	const { unet, feeds, feedback } = await given("sd1");
	await using _ = unet;
	const create = vi.spyOn(Session, "create");
	const release = vi.spyOn(Session.prototype, "release");
	await unet.predict(feeds);
	await unet.predictWithFeedback(feeds, feedback);
	await unet.predictWithFeedback(feeds, { ...feedback, liked: undefined });
	expect([create.mock.calls.length, release.mock.calls.length]).toEqual([2, 1]);
	await unet.predict(feeds);
	expect([create.mock.calls.length, release.mock.calls.length]).toEqual([3, 2]);
	vi.restoreAllMocks();
});

test("inputs that do not fit are refused by name", async () => {
	const { unet, feeds, feedback } = await given("sd1");
	await using _ = unet;
	const other = float32(new Float32Array(4 * 4 * 4), [1, 4, 4, 4]);
	const refused = async (what: string, changes: Partial<Feedback>, of = feeds) =>
		expect(unet.predictWithFeedback(of, { ...feedback, ...changes })).rejects.toMatchObject({ code: "argument", what });
	await refused("feedback", { liked: undefined, disliked: undefined });
	await refused("feedback", { liked: other });
	await refused("weights", { weights: [{ liked: 1, disliked: 1 }] });
	await refused("weights", { weights: weighing(-0.1, 0) });
	await refused("weights", { weights: weighing(Number.NaN, 0) });
	await refused("encoderHiddenStates", { encoderHiddenStates: float32(new Float32Array(32), [1, 1, 32]) });
	await refused("encoderHiddenStates", {}, { ...feeds, encoderHiddenStates: rowsOf(feeds.encoderHiddenStates, 0, 2) });
});

test("SDXL's network refuses feedback", async () => {
	await using unet = await UNet2DCondition.load(await filesOf("sdxl/unet"));
	const { feeds, feedback } = await given("sd1");
	await expect(unet.predictWithFeedback(feeds, feedback)).rejects.toMatchObject({
		code: "argument",
		what: "predictWithFeedback",
	});
});
