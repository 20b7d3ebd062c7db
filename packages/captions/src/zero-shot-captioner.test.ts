import { StableDiffusion } from "@drum/pipelines-sd";
import { captionCandidates, clip, model } from "@drum/tiny";
import { afterAll, beforeAll, expect, test } from "vitest";
import { captionHistory, ZeroShotCaptioner } from "./index.ts";

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

test("candidates become finer, and end", () => {
	const coarse = captionCandidates();
	expect(new Set(coarse).size).toBe(coarse.length);
	const fine = captionCandidates(coarse[0]);
	expect(fine.length).toBeGreaterThan(10);
	const patterned = fine.find((caption) => caption.includes("striped"))!;
	expect(captionCandidates(patterned)).toEqual([]);
	expect(captionCandidates("a portrait")).toEqual([]);
	expect(coarse.some((caption) => caption.startsWith("an orange "))).toBe(true);
});

test("candidates are wanted, and one at least", async () => {
	await expect(ZeroShotCaptioner.fromPretrained(clip, {} as never)).rejects.toThrow(/candidates: expected a function/);
	await using none = await ZeroShotCaptioner.fromPretrained(clip, { candidates: () => [] });
	const grey = { width: 2, height: 2, data: new Uint8Array(12) };
	await expect(none.caption(grey)).rejects.toThrow(/captions to choose from/);
	const one = await ZeroShotCaptioner.fromPretrained(clip, { candidates: () => ["a red star"] });
	expect(await one.caption(grey)).toBe("a red star");
	await one.release();
});
