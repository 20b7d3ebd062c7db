/** Keeps captions by the picture and the captioner. */
export interface CaptionCache {
	/**
	 * @param picture its `pictureHash`
	 * @param captioner its name
	 * @returns undefined where there is none, or a damaged one
	 */
	get(picture: string, captioner: string): Promise<string | undefined>;
	set(picture: string, captioner: string, prompt: string): Promise<void>;
	/** Removes all that is kept of a picture. */
	forget(picture: string): Promise<void>;
}
