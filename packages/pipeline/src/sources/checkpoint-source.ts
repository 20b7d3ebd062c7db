import type { DrumError, TensorSource } from "@drum/tensor";

/** A checkpoint's small files in the hub's layout: configurations and tokenizers. */
export interface SmallFiles {
	/** As the user gave it, for messages. */
	readonly name: string;
	/** Whether there is such a file; `path` is relative, as `unet/config.json`. */
	has(path: string): Promise<boolean>;
	/** @throws FileError for one that is not there, cannot be read or is larger than 64 MB; CheckpointError for one of another kind. */
	read(path: string): Promise<Uint8Array>;
	/** What to throw where `thing` is missing that may only not have been downloaded. */
	absent(thing: string): DrumError | undefined;
}

/** A part of a checkpoint whose weights are looked for. */
export interface CheckpointPart {
	/** `"denoiser"`, `"vae"`, or a text encoder's name in the mix. */
	readonly name: string;
	/** Its folder in the hub's layout. */
	readonly folder: string;
}

/** Where a checkpoint's parts come from: a folder, a repository of the hub, or a single file, which shows itself in the hub's layout. */
export interface CheckpointSource extends SmallFiles {
	/**
	 * Finds a part's weights, downloading those that are not here.
	 * @throws CheckpointError where there are none, or they break a rule of their format; what `Repository.file` throws
	 */
	weights(part: CheckpointPart): Promise<TensorSource>;
	/** What a single file holds, which may not be all that its `model_index.json` lists. */
	readonly holds?: { readonly is: string; readonly parts: ReadonlySet<string> } | undefined;
	/** Settings of the scheduler that weights bring along. */
	readonly schedulerSettings?: Readonly<Record<string, unknown>> | undefined;
	/** Tensors that belong to no part, and are none that such files are known to have besides. */
	readonly strays: readonly string[];
}

/** What to do about a part in a file that has the configuration of a checkpoint's own, and does not fit it. */
export function sameLayers(checkpoint: string): string {
	return `Give one of the same layers as that of ${checkpoint}, or a folder with its own config.json`;
}
