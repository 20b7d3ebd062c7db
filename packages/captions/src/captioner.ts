import type { Image } from "@drum/diffusion";

/** Says in words what a picture shows, as a prompt for it would: an image-to-text model, wherever it runs. */
export interface Captioner {
	/** Which captions these are: the model, and whatever else they depend on. A cache keeps them under it. */
	readonly name: string;
	/**
	 * The caption of one picture, of any length.
	 * @throws what the model or its server fails with; the signal's reason.
	 */
	caption(picture: Image, options?: { readonly signal?: AbortSignal | undefined }): Promise<string>;
}
