import { describe, expect, test } from "vitest";
import { ArgumentError, checkNames, nearestName } from "./index.ts";

const KNOWN = ["numInferenceSteps", "guidanceScale", "seed", "cacheDir", "height", "negativePrompt"];

describe("checkNames", () => {
	test("takes what is known, and names without a value", () => {
		checkNames("generate", { seed: 1, steps: undefined }, KNOWN);
		checkNames("generate", undefined, KNOWN);
	});

	test("refuses what is not, with the nearest name", () => {
		const check = () => checkNames("generate", { steps: 5 }, KNOWN);
		expect(check).toThrow(ArgumentError);
		expect(check).toThrow(/^option steps of generate: .*found 5\. Did you mean numInferenceSteps\?$/);
		expect(() => checkNames("generate", { lora: "x" }, KNOWN)).toThrow(/one of numInferenceSteps, .*found "x"/);
	});

	test.each([7, "x", null, [1]])("refuses %o in place of options", (options) => {
		expect(() => checkNames("generate", options, KNOWN)).toThrow("options of generate: expected an object");
	});
});

describe("nearestName", () => {
	test.each([
		["num_inference_steps", "numInferenceSteps"],
		["cache_dir", "cacheDir"],
		["steps", "numInferenceSteps"],
		["hieght", "height"],
		["sede", "seed"],
		["negative", "negativePrompt"],
		["cfg", "guidanceScale"],
	])("%s is %s", (given, expected) => {
		expect(nearestName(given, KNOWN, { cfg: "guidanceScale" })).toBe(expected);
	});

	test.each([
		["steps", ["numInferenceSteps"], "numInferenceSteps"],
		["stpes", ["numInferenceSteps"], "numInferenceSteps"],
		["cfg", ["height", "trueCfgScale"], "trueCfgScale"],
		["cfg", ["height"], undefined],
		["use_auth_token", ["revision", "token"], "token"],
		["maxLength", ["maxLength", "maxSequenceLength"], "maxLength"],
	])("%s among %j is %s, as other programs call it", (given, known, expected) => {
		expect(nearestName(given, known)).toBe(expected);
	});

	test("is none where none is near", () => {
		expect(nearestName("zebra", KNOWN)).toBeUndefined();
		expect(nearestName("s", KNOWN)).toBeUndefined();
	});
});
