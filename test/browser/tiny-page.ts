import { setRuntimeFiles } from "@drum/graph";
import { parseHistory } from "@drum/peca";
import { type PipelineOptions, StableDiffusion } from "@drum/pipelines-sd";
import { tinyRun } from "./tiny-run.ts";

setRuntimeFiles({ wasm: "ort", workers: "." });

const words = (error: unknown) => `${(error as { code?: string }).code}: ${(error as Error).message}`;

const calls = {
	run: (device: "wasm" | "webgpu") => tinyRun("./model", "./drum", device),

	/** A picture as a page shows it: its PNG, decoded by the browser. */
	async shown() {
		await using sd = await StableDiffusion.fromPretrained("./model");
		const { images } = await sd.generate("a star", { seed: 1, numInferenceSteps: 1 });
		const [image] = images;
		const bitmap = await createImageBitmap(await image!.toBlob());
		const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
		context.drawImage(bitmap, 0, 0);
		const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
		return { decoded: [...data], pixels: [...image!.toRgba()] };
	},

	/** Parts in place of the checkpoint's own, the same ones: as a visitor's files, and by their paths. */
	async parts() {
		const content = async (path: string) => (await fetch(`./model/${path}`)).blob();
		const weights = "diffusion_pytorch_model.safetensors";
		const of = async (folder: string, file: string) => ({
			"config.json": `./model/${folder}/config.json`,
			[file]: await content(`${folder}/${file}`),
		});
		const vae = await of("vae", weights);
		const L = await of("text_encoder", "model.safetensors");
		const denoiser = new File([await content(`unet/${weights}`)], "unet.safetensors");
		const drawn = async (options: PipelineOptions) => {
			await using sd = await StableDiffusion.fromPretrained("./model", options);
			const { images } = await sd.generate("a star", { seed: 1, numInferenceSteps: 1 });
			return [...images[0]!.data];
		};
		return { own: await drawn({}), given: await drawn({ vae, denoiser, encoders: { L } }) };
	},

	/** Given up between two steps. */
	async givenUp() {
		await using sd = await StableDiffusion.fromPretrained("./model");
		const control = new AbortController();
		let steps = 0;
		const onStep = () => {
			steps++;
			control.abort(new Error("enough"));
		};
		const told = await sd.generate("a star", { numInferenceSteps: 20, signal: control.signal, onStep }).catch(words);
		return { told, steps };
	},

	history: (bytes: number[], mostBytes: number) =>
		parseHistory(Uint8Array.from(bytes), "csv", "h.csv.gz", { mostBytes }).catch(words),

	quantised: async () => StableDiffusion.fromPretrained("./model", { dtype: "int8" }).then(() => "opened", words),
};

interface Context {
	drawImage(bitmap: object, x: number, y: number): void;
	getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
}
declare const createImageBitmap: (blob: Blob) => Promise<{ width: number; height: number }>;
declare const OffscreenCanvas: new (width: number, height: number) => { getContext(kind: "2d"): Context };

export type Calls = typeof calls;
Object.assign(globalThis, { calls });
