import type { DrumError, TensorSource } from "@drum/tensor";

/** A checkpoint's small files in the hub's layout: configurations and tokenizers. */
export interface SmallFiles {
	/** The name for messages, as the user gave it. */
	readonly name: string;
	/** Whether the file exists. `path` is relative, such as `unet/config.json`. */
	has(path: string): Promise<boolean>;
	/** @throws FileError for a file that is missing, unreadable or larger than 64 MB; CheckpointError for one of another kind */
	read(path: string): Promise<Uint8Array>;
	/** The error for a missing `thing` that may only not have been downloaded. Undefined otherwise. */
	absent(thing: string): DrumError | undefined;
}

/** A part of a checkpoint with weights. */
export interface CheckpointPart {
	/** `"denoiser"`, `"vae"`, or a text encoder's name in the mix. */
	readonly name: string;
	/** Its folder in the hub's layout. */
	readonly folder: string;
}

/** The source of a checkpoint's parts: a folder, a repository of the hub, or a single file, presented in the hub's layout. */
export interface CheckpointSource extends SmallFiles {
	/**
	 * Finds a part's weights, and downloads missing files.
	 * @throws CheckpointError if there are none, or they break a rule of their format; what `Repository.file` throws
	 */
	weights(part: CheckpointPart): Promise<TensorSource>;
	/** The contents of a single file, which may lack parts that its `model_index.json` lists. */
	readonly holds?: { readonly is: string; readonly parts: ReadonlySet<string> } | undefined;
	/** Settings of the scheduler in the weights' file. */
	readonly schedulerSettings?: Readonly<Record<string, unknown>> | undefined;
	/** Tensors that belong to no part, without those that such files usually have in addition. */
	readonly strays: readonly string[];
}

/** What to do if a part in a file does not fit the configuration of the checkpoint's own part. */
export function sameLayers(checkpoint: string): string {
	return `Give one of the same layers as that of ${checkpoint}, or a folder with its own config.json`;
}
