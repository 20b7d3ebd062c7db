import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Adapter } from "@drum/peca";
import { float32 } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { MadeUpEncoder, type Sizes, temporaryFolder } from "@drum/test-made-up";
import type { TrainingStep } from "@drum/training";
import { afterAll, describe, expect, test } from "vitest";
import { madeUpCaptions, run, SIZES } from "./testing/made-up-run.ts";

// Oracle: conditions that training never saw, and the adapter before training.

const { folder: root, remove } = await temporaryFolder();
afterAll(remove);

/** States similar to a real encoder's: a large part of a row depends on its position, and the rest on the prompt. */
class PlacedEncoder extends MadeUpEncoder {
	override async encode(...[prompts, options]: Parameters<MadeUpEncoder["encode"]>) {
		const [own, places] = [await super.encode(prompts, options), await super.encode(["places"])];
		const { data, dims } = own.hidden[-1]!;
		const place = places.hidden[-1]!.data;
		const mixed = data.map((value, i) => value + 2 * place[i % place.length]!);
		return { ...own, hidden: { [-1]: float32(mixed, dims) } };
	}
}

const HELD_OUT = ["a prompt", "of no", "caption", "at all"];

/** Mean cosines of an adapter's rows with the prompt's condition and with the reference's. At α = 1, only the reference counts. */
async function rebuilt(path: string, encoder: MadeUpEncoder, alpha: number) {
	const adapter = Adapter.create({ weights: await Checkpoint.open(path), encoder, threads: 1 });
	const [targets, references] = [await encoder.encode(HELD_OUT), await encoder.encode(["something else"])];
	const [states, reference] = [targets.hidden[-1]!, references.hidden[-1]!];
	const ready = await adapter.ready(reference, [1]);
	const { hidden } = await adapter.personalize(states, ready, alpha);
	await ready.release();
	await adapter.release();
	const repeated = Float32Array.from(states.data, (_, i) => reference.data[i % reference.data.length]!);
	return {
		toPrompt: near(hidden.data, states.data, encoder.width),
		toReference: near(hidden.data, repeated, encoder.width),
	};
}

/** The mean cosine of rows. */
function near(a: Float32Array, b: Float32Array, width: number): number {
	const dot = (x: Float32Array, y: Float32Array, row: number) => {
		let sum = 0;
		for (let i = row * width; i < (row + 1) * width; i++) sum += x[i]! * y[i]!;
		return sum;
	};
	const rows = Array.from({ length: a.length / width }, (_, row) => row);
	const cosines = rows.map((row) => dot(a, b, row) / Math.sqrt(dot(a, a, row) * dot(b, b, row)));
	return cosines.reduce((x, y) => x + y) / rows.length;
}

const mean = (steps: readonly TrainingStep[]) => steps.reduce((sum, { loss }) => sum + loss, 0) / steps.length;

describe.each<[string, Sizes, string]>([
	["with a class row", SIZES, "L"],
	["like T5, at a quarter of its width", { width: 64, heads: 16, tokens: 5, hasClassRow: false }, "T5"],
])("an adapter trained with an encoder %s", (_, sizes, name) => {
	const encoder = new PlacedEncoder(sizes, name);
	const train = async (steps: number) =>
		run({
			...{ encoder, name, captions: await madeUpCaptions(root, 400), folder: join(root, `${name}-${steps}`) },
			...{ steps, batchSize: 16, microBatchSize: 16, learningRate: 1e-2, warmupSteps: 0 },
		});

	test("reconstructs conditions that it has not seen, and moves to the references with α", async () => {
		const start = await rebuilt((await train(1)).file, encoder, 0);
		const { file, log, steps } = await train(400);
		const [own, half, whole] = [
			await rebuilt(file, encoder, 0),
			await rebuilt(file, encoder, 0.5),
			await rebuilt(file, encoder, 1),
		];
		expect(start.toPrompt).toBeLessThan(0.4);
		expect(own.toPrompt).toBeGreaterThan(0.85);
		expect(own.toPrompt).toBeGreaterThan(own.toReference);
		expect(whole.toReference).toBeGreaterThan(whole.toPrompt);
		expect(half.toPrompt).toBeLessThan(own.toPrompt);
		expect(half.toPrompt).toBeGreaterThan(whole.toPrompt);
		expect(half.toReference).toBeGreaterThan(own.toReference);
		expect(half.toReference).toBeLessThan(whole.toReference);
		expect(mean(steps.slice(-20))).toBeLessThan(mean(steps.slice(0, 5)) / 4);
		const lines = (await readFile(log, "utf8")).trim().split("\n");
		expect(lines.map((line) => JSON.parse(line))).toEqual(steps);
	});
});
