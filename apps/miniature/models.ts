import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CLIPScorer } from "@drum/eval";
import { Adapter } from "@drum/peca";
import { DrUM, type GenerateOptions, type GenerateResult, StableDiffusion } from "@drum/pipelines-sd";
import { Checkpoint } from "@drum/tensor/node";

/** Folders. */
export interface ModelFolders {
	/** A Stable Diffusion 1, in the hub's layout. */
	readonly model: string;
	/** The whole CLIP whose text encoder it has. */
	readonly clip: string;
	/** With `weight/L.safetensors`. */
	readonly adapters: string;
}

export class Models implements AsyncDisposable {
	readonly drum: DrUM<GenerateOptions, GenerateResult>;
	readonly scorer: CLIPScorer;
	/** Behind the scorer's text encoder, which has the projection that Text align needs. */
	readonly adapter: Adapter;
	readonly #sd: StableDiffusion;

	private constructor(sd: StableDiffusion, drum: Models["drum"], scorer: CLIPScorer, adapter: Adapter) {
		this.#sd = sd;
		this.drum = drum;
		this.scorer = scorer;
		this.adapter = adapter;
	}

	/** Opens and checks them; loads nothing yet. */
	static async open({ model, clip, adapters }: ModelFolders): Promise<Models> {
		const sd = await StableDiffusion.fromPretrained(model);
		const drum = await DrUM.attach(sd, { adapters });
		const scorer = await CLIPScorer.fromPretrained(clip);
		const weights = await Checkpoint.open(adapterFile(adapters));
		return new Models(sd, drum, scorer, Adapter.create({ weights, encoder: scorer.text }));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all([this.drum.release(), this.adapter.release(), this.scorer.release(), this.#sd.release()]);
	}
}

/** One number for all weights: what was measured with others is not theirs. */
export async function fingerprint({ model, clip, adapters }: ModelFolders): Promise<string> {
	const hash = createHash("sha256");
	const files = [
		join(model, "text_encoder/model.safetensors"),
		join(model, "unet/diffusion_pytorch_model.safetensors"),
		join(model, "vae/diffusion_pytorch_model.safetensors"),
		join(clip, "model.safetensors"),
		adapterFile(adapters),
	];
	for (const file of files) await pipeline(createReadStream(file), hash, { end: false });
	return hash.digest("hex").slice(0, 16);
}

function adapterFile(adapters: string): string {
	return join(adapters, "weight/L.safetensors");
}
