import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { float32, type Tensor } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { table, tableWeights } from "@drum/test-weights";
import { describe, expect, test } from "vitest";
import { SafetyChecker } from "./index.ts";
import { writing } from "./testing/checkpoints.ts";
import { scaleOf } from "./testing/golden-vision.ts";
import { picture } from "./testing/pictures.ts";

// Oracle: diffusers' StableDiffusionSafetyChecker in float32, by tooling/golden/safety_checker.py.

const { config, preprocessor, pictures, shapes, thresholds, found } = JSON.parse(
	await readFile(new URL("fixtures/safety-checker.json", import.meta.url), "utf8"),
) as {
	config: object;
	preprocessor: object;
	pictures: [number, number, number][];
	shapes: Record<string, number[]>;
	thresholds: Record<string, number[]>;
	found: { flagged: boolean; concepts: number[]; specialCare: number[] }[];
};
const { folder } = await writing();
const images = pictures.map((size) => picture(...size));

function weights(): Record<string, Tensor> {
	const own = Object.entries(thresholds).map(([name, values]) => [
		name,
		float32(Float32Array.from(values), [values.length]),
	]);
	return { ...tableWeights(shapes, "float32", { table: table(11), scaleOf }), ...Object.fromEntries(own) };
}

/** The tensors with the names of CompVis/stable-diffusion-safety-checker. */
function asPublished(tensors: Record<string, Tensor>): Record<string, Tensor> {
	const named = (name: string) => name.replace(/^vision_model\./, "vision_model.vision_model.");
	return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [named(name), tensor]));
}

/** A safety checker by itself, or in a pipeline's checkpoint. */
async function published(inPipeline: boolean, tensors = weights()): Promise<string> {
	const root = await mkdtemp(join(folder, "checker-"));
	const [own, extractor] = inPipeline ? ["safety_checker", "feature_extractor"] : [".", "."];
	for (const each of [own, extractor]) await mkdir(join(root, each!), { recursive: true });
	if (inPipeline) await writeFile(join(root, "model_index.json"), "{}");
	await writeFile(join(root, own!, "config.json"), JSON.stringify(config));
	await writeFile(join(root, extractor!, "preprocessor_config.json"), JSON.stringify(preprocessor));
	await writeSafetensors(join(root, own!, "model.safetensors"), inPipeline ? tensors : asPublished(tensors), {});
	return root;
}

describe("a safety checker", () => {
	test.each([
		["by itself", false],
		["of a checkpoint", true],
	])("%s finds the same as diffusers'", async (_, inPipeline) => {
		await using checker = await SafetyChecker.fromPretrained(await published(inPipeline));
		const checks = await checker.check(images);
		expect(checks.map(({ flagged }) => flagged)).toEqual(found.map(({ flagged }) => flagged));
		for (const [i, check] of checks.entries()) {
			for (const kind of ["concepts", "specialCare"] as const)
				for (const [k, score] of check[kind].entries()) expect(score).toBeCloseTo(found[i]![kind][k]!, 6);
		}
		const flagged = found.findIndex((each) => each.flagged);
		const clean = found.findIndex((each) => !each.flagged);
		expect(await checker.onImage(images[flagged]!)).toBe("refuse");
		expect(await checker.onImage(images[clean]!)).toBe("keep");
		expect(await checker.check([])).toEqual([]);
	});

	test("ends with the signal's reason, and refuses other values than pictures", async () => {
		await using checker = await SafetyChecker.fromPretrained(await published(false));
		const signal = AbortSignal.abort(new Error("enough"));
		await expect(checker.check(images, { signal })).rejects.toThrow("enough");
		await expect(checker.check([{ ...images[0]!, width: 3 }])).rejects.toMatchObject({ what: "image 0" });
	});

	test.each([
		["concept_embeds", undefined, "none"],
		["special_care_embeds", [3, 5], "[3, 5]"],
		["concept_embeds_weights", [16], "16"],
	])("with another %s is refused by name", async (name, dims, wrong) => {
		const { [name]: _, ...rest } = weights();
		const size = dims?.reduce((product, dim) => product * dim, 1) ?? 0;
		const other = dims && { [name]: float32(new Float32Array(size), dims) };
		const opened = SafetyChecker.fromPretrained(await published(false, { ...rest, ...other }));
		await expect(opened).rejects.toMatchObject({
			code: "checkpoint",
			what: expect.stringContaining(name),
			found: wrong,
		});
	});
});
