import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type CallSides, type Condition, DrUM, type Mix, type Personalizable } from "@drum/peca";
import { MadeUpEncoder, madeUpAdapter, type Sizes } from "@drum/test-made-up";

export interface MadeUpOptions {
	steps?: number | undefined;
	signal?: AbortSignal | undefined;
}

/** A pipeline that draws nothing and gives back the condition it was given. */
export class MadeUpPipeline implements Personalizable<MadeUpOptions, Condition> {
	readonly name = "made-up pipeline";
	readonly device = "cpu";
	readonly threads = 1;
	readonly mix: Mix;
	readonly encoders: Record<string, MadeUpEncoder>;
	/** Whether calls are drawn against the negative prompt, which is always the empty one. */
	guided = true;
	/** What `checkOptions` and `generate` were called with, in order. */
	readonly calls: [call: string, options: MadeUpOptions][] = [];

	constructor(mix: Mix, encoders: Record<string, MadeUpEncoder>) {
		this.mix = mix;
		this.encoders = encoders;
	}

	async checkOptions(options: MadeUpOptions): Promise<void> {
		this.calls.push(["checkOptions", options]);
	}

	sidesOf(prompts: readonly string[]): CallSides {
		const texts = (each: readonly string[]) =>
			Object.fromEntries(Object.keys(this.encoders).map((name) => [name, each]));
		return { texts: texts(prompts), negativeTexts: texts([""]), guided: this.guided };
	}

	async generate(condition: Condition, options: MadeUpOptions = {}): Promise<Condition> {
		this.calls.push(["generate", options]);
		return condition;
	}
}

/** A pipeline of made-up encoders, and DrUM attached to it by made-up adapters. */
export async function madeUpDrum(folder: string, mix: Mix, sizes: Record<string, Sizes>, kind = "") {
	const encoders: Record<string, MadeUpEncoder> = {};
	const adapters = join(folder, `adapters${kind}`);
	await mkdir(adapters, { recursive: true });
	for (const [name, each] of Object.entries(sizes)) {
		encoders[name] = new MadeUpEncoder(each, `${name}${kind}`);
		await copyFile((await madeUpAdapter(folder, each)).path, join(adapters, `${name}.safetensors`));
	}
	const pipeline = new MadeUpPipeline(mix, encoders);
	return { pipeline, adapters, drum: await DrUM.attach(pipeline, { adapters }) };
}
