import { captionCandidates, clip } from "@drum/tiny";
import { expect, test } from "vitest";
import { ZeroShotCaptioner } from "./index.ts";

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
