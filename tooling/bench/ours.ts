// This side of run.ts: one measurement in a process of its own, printed as one JSON line.
//   tsx --conditions=@drum/source tooling/bench/ours.ts load|first|memory|unet|vae|condition FOLDER THREADS REPEATS
import { join } from "node:path";
import { DrUM, StableDiffusion, type UNet2DCondition } from "../../packages/pipelines-sd/src/index.ts";
import { float32, type Tensor } from "../../packages/tensor/src/index.ts";
import { input, keep, peak, timed, times } from "./measuring.ts";

const [task = "", folder = "", threads = "", repeats = ""] = process.argv.slice(2);
const { BENCH_PROMPTS = "", BENCH_COUNTS = "" } = process.env;

const tasks: Record<string, () => Promise<object>> = {
	async load() {
		const { seconds: load, result: sd } = await timed(open);
		const start = (performance.timeOrigin + performance.now()) / 1000 - started;
		const rest = await timed(async () => {
			await denoiserOf(sd).prepare(64, 64);
			// The others load with their first use: of one prompt, and of one latent pixel.
			await sd.encodePrompt("");
			await sd.vae.decode(float32(new Float32Array(4), [1, 4, 1, 1]));
		});
		return { load, start, sessions: load + rest.seconds };
	},

	async first() {
		return { first: (await timed(async () => step(await open()))).seconds };
	},

	async memory() {
		const sd = await open();
		await sd.encodePrompt("a lighthouse");
		for (let i = 0; i < 2; i++) await step(sd);
		await decode(sd);
		return { peak: peak() };
	},

	async unet() {
		const sd = await open();
		keep("unet.ours", await step(sd));
		const guided = () => step(sd, "picture", 1);
		await guided();
		return { unet: await times(() => step(sd), Number(repeats)), guided: await times(guided, Number(repeats)) };
	},

	async vae() {
		const sd = await open();
		await denoiserOf(sd).release();
		keep("vae.ours", await decode(sd));
		return { vae: await times(() => decode(sd), Number(repeats)) };
	},

	async condition() {
		const sd = await open();
		await denoiserOf(sd).release();
		const drum = await DrUM.attach(sd, { adapters: join(folder, "adapters") });
		const { target, another, history } = JSON.parse(BENCH_PROMPTS) as {
			target: string;
			another: string[];
			history: string[];
		};
		const result: Record<string, number[]> = {};
		for (const count of JSON.parse(BENCH_COUNTS) as number[]) {
			const items = history.slice(0, count).map((prompt) => ({ prompt }));
			const fromScratch = async () => {
				const profile = await drum.profile(items, { ratio: 1 });
				return { profile, condition: await drum.condition(target, { profile }) };
			};
			const { profile, condition } = await fromScratch();
			keep(`condition${count}.ours`, condition.promptEmbeds);
			result[`condition${count}`] = await times(fromScratch, Number(repeats));
			let next = 0;
			const fromProfile = () => drum.condition(another[next++ % another.length]!, { profile });
			// Profiles made since may have displaced this one: it is made ready before the clock starts.
			await fromProfile();
			result[`ready${count}`] = await times(fromProfile, 5 * Number(repeats));
		}
		return result;
	},
};

const started = performance.timeOrigin / 1000;
const imports = (performance.timeOrigin + performance.now()) / 1000 - started;
console.log(JSON.stringify({ ...(await tasks[task]!()), imports }));

function open(): Promise<StableDiffusion> {
	return StableDiffusion.fromPretrained(folder, { threads: Number(threads) });
}

/** One prediction for two pictures, or for one picture under guidance: two conditions in any case. */
function step(sd: StableDiffusion, name = "sample", pictures = 2): Promise<Tensor<"float32">> {
	return denoiserOf(sd).predict({
		sample: input(name, pictures, 4, 64, 64),
		timestep: 501,
		encoderHiddenStates: input("condition", 2, 77, 768),
	});
}

function denoiserOf(sd: StableDiffusion): UNet2DCondition {
	return sd.denoiser as UNet2DCondition;
}

function decode(sd: StableDiffusion): Promise<Tensor<"float32">> {
	return sd.vae.decode(input("latents", 1, 4, 64, 64));
}
