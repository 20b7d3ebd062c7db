import { captionHistory, ZeroShotCaptioner } from "@drum/captions";
import { StableDiffusion } from "@drum/pipelines-sd";
import { captionCandidates, clip, model } from "@drum/tiny";
import { afterAll, beforeAll, expect, test } from "vitest";

let captioner: ZeroShotCaptioner;
beforeAll(async () => {
	captioner = await ZeroShotCaptioner.fromPretrained(clip, { candidates: captionCandidates, name: "@drum/tiny" });
});
afterAll(() => captioner.release());

// What the model draws it draws as asked in nine cases of ten; the subject CLIP knows in half of them.
test("the colours and styles of the small model's pictures are told", async () => {
	await using sd = await StableDiffusion.fromPretrained(model);
	const asked = [
		["a red circle, watercolour", "red", "watercolour"],
		["a large blue house, outline style", "blue", "outline style"],
		["a neon sign of a yellow star", "yellow", "neon style"],
		["a green tree, pixel art", "green", "pixel art"],
	] as const;
	const prompts = asked.map(([prompt]) => prompt);
	const { images } = await sd.generate(prompts, { seed: 3, numInferenceSteps: 15, guidanceScale: 4 });
	const liked = images.map((image) => ({ image }));
	const { history } = await captionHistory(liked, { captioner });
	const told = history.flatMap(({ prompt }, i) => [
		prompt.includes(` ${asked[i]![1]} `),
		prompt.endsWith(`, ${asked[i]![2]}`),
	]);
	expect(told.filter(Boolean).length, JSON.stringify(history)).toBeGreaterThanOrEqual(7);
	expect(history.map(({ captionFrom }) => captionFrom)).toEqual(Array(4).fill("@drum/tiny"));
});
