/**
 * Run as a process of its own with `argv[2]` an adapter's folder: makes a profile of 100,000 prompts, and prints as JSON what it took.
 */
import { DrUM, MIXES } from "@drum/peca";
import { float32 } from "@drum/tensor";
import { MadeUpEncoder } from "@drum/test-made-up";
import { MadeUpPipeline } from "./made-up-pipeline.ts";

/** States and features of a prompt are its number, spread out: no time goes into making them up. */
class QuickEncoder extends MadeUpEncoder {
	prompts = 0;

	override async encode(prompts: readonly string[]) {
		await new Promise((resolve) => setImmediate(resolve));
		this.prompts += prompts.length;
		const size = this.tokens * this.width;
		const hidden = new Float32Array(prompts.length * size);
		const features = new Float32Array(prompts.length * this.width);
		for (const [i, prompt] of prompts.entries()) {
			const number = Number(prompt.split(" ")[1]);
			hidden.fill(number, i * size, (i + 1) * size);
			for (let at = 0; at < this.width; at++) features[i * this.width + at] = Math.cos(number * (at + 1));
		}
		return {
			hidden: { [-1]: float32(hidden, [prompts.length, this.tokens, this.width]) },
			classRows: prompts.map(() => 0),
			features: float32(features, [prompts.length, this.width]),
		};
	}
}

const encoder = new QuickEncoder({ width: 16, heads: 2, tokens: 77 });
const drum = await DrUM.attach(new MadeUpPipeline(MIXES.sd1, { L: encoder }), { adapters: process.argv[2]! });
const history = Array.from({ length: 100_000 }, (_, i) => ({ prompt: `prompt ${i}`, intensity: 1 + (i % 5) }));
let turns = 0;
const turn = () => {
	turns++;
	next = setImmediate(turn);
};
let next = setImmediate(turn);
const profile = await drum.profile(history, { size: 2_000 });
clearImmediate(next);
const { data } = profile.hidden("L", -1);
const mixedUp = profile.coreset.filter((row, i) => data[i * encoder.tokens * encoder.width] !== row);
const held = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ references: profile.coreset.length, mixedUp, encoded: encoder.prompts, turns, held }));
