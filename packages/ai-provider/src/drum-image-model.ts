import type { ImageModelV4, ImageModelV4CallOptions, ImageModelV4Result } from "@ai-sdk/provider";

/** What is the same of all models here, wherever they draw. */
export abstract class DrumImageModel implements ImageModelV4 {
	readonly specificationVersion = "v4";
	readonly provider = "drum";
	readonly modelId: string;
	/** Pictures of one call have seeds of their own; the AI SDK would give each of several calls the same. */
	readonly maxImagesPerCall = Number.MAX_SAFE_INTEGER;
	readonly supportsFileInputs = true;
	readonly supportsMaskInputs = true;

	constructor(modelId: string) {
		this.modelId = modelId;
	}

	abstract doGenerate(options: ImageModelV4CallOptions): Promise<ImageModelV4Result>;
}
