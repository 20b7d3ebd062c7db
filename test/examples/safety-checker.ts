import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { float32 } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { table, tableWeights } from "@drum/test-weights";

/** A tiny safety checker with random weights, put into a checkpoint's folder as Stable Diffusion 1 has its own. */
export async function addSafetyChecker(fixture: string, checkpoint: string): Promise<void> {
	const { config, preprocessor, shapes, thresholds } = JSON.parse(readFileSync(fixture, "utf8")) as {
		config: object;
		preprocessor: object;
		shapes: Record<string, number[]>;
		thresholds: Record<string, number[]>;
	};
	const [own, extractor] = [join(checkpoint, "safety_checker"), join(checkpoint, "feature_extractor")];
	for (const folder of [own, extractor]) mkdirSync(folder);
	writeFileSync(join(own, "config.json"), JSON.stringify(config));
	writeFileSync(join(extractor, "preprocessor_config.json"), JSON.stringify(preprocessor));
	const weights = tableWeights(shapes, "float32", { table: table(11), scaleOf: () => 0.05 });
	for (const [name, values] of Object.entries(thresholds))
		weights[name] = float32(Float32Array.from(values), [values.length]);
	await writeSafetensors(join(own, "model.safetensors"), weights, {});
}
